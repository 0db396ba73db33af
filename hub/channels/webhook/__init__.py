"""The generic channel: a signed HTTP entry for anything else, and answers to the caller's URL."""
