"""What many do at the same time.

``DEPTH=10 pytest tests/races`` tries ten times as many seeds, examples and writes.
"""

import os

import pytest

DEPTH = int(os.environ.get("DEPTH", "1"))

for _name in ("having", "lending", "publishing", "serving", "sweeping", "world", "writing"):
    pytest.register_assert_rewrite(f"tests.races.{_name}")
