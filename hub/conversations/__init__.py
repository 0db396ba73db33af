"""The shared language of the hub: one customer's thread on one channel, and the messages in it."""
