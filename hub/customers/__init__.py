"""The person who writes or calls: one record over all channels."""
