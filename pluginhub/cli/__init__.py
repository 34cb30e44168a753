"""The command line. One file per group of commands."""
