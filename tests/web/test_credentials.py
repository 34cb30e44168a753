from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from pluginhub.web.credentials import Email, Password, UserName


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (UserName, ["a", "Ann.B-c_9", "x" * 50], ["", ".a", "a b", "ä", "x" * 51, "a\n"]),
        (
            Email,
            ["a@b", "jörg@bücher.example", "a" * 64 + "@b"],
            ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\x00", "a@\u202eb", "a" * 65 + "@b"],
        ),
        (Password, ["12345678", "ä" * 256], ["1234567", "x" * 257]),
    ],
)
def test_what_an_account_may_have_is_said_by_types(
    kind: Any, good: list[str], bad: list[str]
) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(kind)
    assert [adapter.validate_python(text) for text in good] == good
    for text in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)
