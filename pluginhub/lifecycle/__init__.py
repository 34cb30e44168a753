"""THE VERBS on plugins. Each is one transaction."""
