"""Lifecycle managers: who runs the hooks of which release, and the processes that they run in."""
