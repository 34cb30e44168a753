"""One strict reader per form in which a bundle arrives: tar, zip, directory."""
