"""pluginhub: every user their own plugins, every plugin version once."""

__version__ = "0.1.0"
