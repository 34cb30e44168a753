"""WHERE BUNDLES COME FROM: an address, a release at GitHub, the incoming folder."""
