"""Pages for people: made on the server, of forms that work without scripts."""
