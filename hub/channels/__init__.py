"""The ways to reach us. Each channel is two small things: receive and send."""
