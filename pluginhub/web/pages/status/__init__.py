"""The pages on which an admin looks after the server."""
