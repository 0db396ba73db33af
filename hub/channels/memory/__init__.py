"""A channel inside the process: for tests, and for rehearsing without any provider."""
