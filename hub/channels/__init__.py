"""Ways to reach us: the port every channel fits, and one folder per channel."""
