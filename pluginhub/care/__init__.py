"""What keeps the data directory in order."""
