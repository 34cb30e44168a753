"""What many do at the same time."""

import pytest

for _name in ("having", "lending", "publishing", "serving", "sweeping", "world", "writing"):
    pytest.register_assert_rewrite(f"tests.races.{_name}")
