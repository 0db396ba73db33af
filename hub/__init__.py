"""One desk for every channel."""
