"""What the document says of ranges is what the server reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluginhub.lifecycle import ranges
from pluginhub.web.version_ranges import PATTERN
from tests.lifecycle.test_ranges import ALLOWED


@pytest.mark.timeout(60)
@given(st.from_regex(PATTERN, fullmatch=True).filter(lambda text: len(text) <= 256))
def test_whatever_is_described_can_be_read(text: str) -> None:
    assert str(ranges.parse(text)) == text


@pytest.mark.parametrize(
    "text", [text for text, *_ in ALLOWED if text not in {"", "1.x||", "~=2.2.post3"}]
)
def test_what_people_write_is_described(text: str) -> None:
    assert re.search(PATTERN, text)
