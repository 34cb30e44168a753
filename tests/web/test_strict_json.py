import json

import pytest

from pluginhub.errors import MalformedError
from pluginhub.web import strict_json


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "null",
        '"\\ud83d\\ude00 \\u00e4"',
        '{"a": [1, -2.5, 1e10, {"b": true}], "": ""}',
        "[" * 64 + "]" * 64,
        "1" * 100,
        " \t\r\n[1]\n",
    ],
)
def test_json_is_read_as_it_is(text: str) -> None:
    assert strict_json.loads(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: Expecting value"),
        (b"{'a': 1}", r"not JSON: .*\(line 1, column 2\)"),
        (b"[1] x", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"1e999", "a number that is too large"),
        (b"[-1e999]", "a number that is too large"),
        (b"9" * 5000, "a number of more than 100 characters"),
        (b"0." + b"1" * 200, "a number of more than 100 characters"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "the key 'c' twice"),
        (b'"\\ud800"', "not valid Unicode"),
        (b'{"\\udc00x": 1}', "not valid Unicode"),
        (b"[" * 65 + b"]" * 65, "more than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "more than 64"),
        (b"[" * 100_000 + b"]" * 100_000, "more than 64"),
    ],
)
def test_what_two_readers_may_read_apart_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    ("text", "value"), [("1.0", 1), ("-2e3", -2000), ("0.5", 0.5), ("1e300", 1e300), ("-0.0", 0)]
)
def test_a_whole_number_is_an_integer_however_it_is_written(text: str, value: float) -> None:
    found = strict_json.loads(text.encode())
    assert (found, type(found)) == (value, type(value))


def test_how_deep_it_may_be_can_be_said() -> None:
    assert strict_json.loads(b"[" * 200 + b"]" * 200, 200)
    with pytest.raises(MalformedError, match="more than 200"):
        strict_json.loads(b"[" * 201 + b"]" * 201, 200)
    with pytest.raises(MalformedError, match="more than 200"):
        strict_json.loads(b"[" * 100_000, 200)
