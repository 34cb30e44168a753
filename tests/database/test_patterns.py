import sqlite3

import pytest

from pluginhub.database import patterns


@pytest.mark.parametrize("text", ["a_b", "50%", "back\\slash", "", "%_\\"])
def test_a_pattern_finds_its_text_and_nothing_like_it(text: str) -> None:
    with sqlite3.connect(":memory:") as connection:
        for other in (text, f"before {text} after"):
            found = connection.execute(
                "SELECT ? LIKE ? ESCAPE ?", (other, patterns.containing(text), "\\")
            )
            assert found.fetchone() == (1,)
        odd = text.replace("_", "x").replace("%", "x").replace("\\", "x")
        found = connection.execute(
            "SELECT ? LIKE ? ESCAPE ?", (odd, patterns.containing(text), "\\")
        )
        assert found.fetchone() == (int(odd == text),)
    connection.close()
