"""Finds the releases that a user's plugins may be on together."""
