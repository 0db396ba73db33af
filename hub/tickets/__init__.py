"""Promises: something to be solved for a customer, perhaps over several conversations."""
