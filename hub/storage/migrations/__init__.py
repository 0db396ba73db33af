"""The schema's history, and the way from any of its versions to the newest."""
