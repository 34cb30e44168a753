"""Benchmarks, one command each, that print a table."""
