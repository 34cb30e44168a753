"""What helps those who write plugins: no server and no data directory is needed for it."""
