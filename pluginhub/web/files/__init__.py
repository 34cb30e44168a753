"""Serves files of plugins: the one path that is tuned by hand; it is what all this is for."""
