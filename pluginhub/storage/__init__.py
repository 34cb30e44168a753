"""FILES: untrusted bundles become trees, trees become releases in shared storage."""
