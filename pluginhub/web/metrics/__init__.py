"""What the server tells of itself to Prometheus."""
