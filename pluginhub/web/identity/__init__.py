"""How a request proves who it comes from: one module per kind of proof."""
