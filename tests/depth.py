"""How much is tried: ``DEPTH=10 pytest tests/races tests/model`` tries ten times as much."""

import os

DEPTH = int(os.environ.get("DEPTH", "1"))
