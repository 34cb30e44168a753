"""Everything that is wrong with a server, or will be: ``examine`` finds it."""
