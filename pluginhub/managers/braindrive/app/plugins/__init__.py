"""What plugins import as ``app.plugins``."""
