"""What plugins import as ``app``."""
