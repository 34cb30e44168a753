"""THE EDGE: HTTP in, domain words out, and back."""
