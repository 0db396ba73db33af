"""Screens that stay true: a snapshot at a position, then numbered events over a websocket."""
