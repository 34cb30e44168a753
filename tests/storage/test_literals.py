from typing import Any

import pytest

from pluginhub.storage import bindings
from pluginhub.storage.literals import NotLiteralError, Reader

NAMES = """
import os
SLUG = "Chat"
TAGS = ["a", "b"]
BASE = {"kept": 1, "replaced": 1}
HALF = {"known": 1, "unknown": os.name}
LOOP = [LOOP]
class Other:
    KEY = "other"
"""


def read(source: str) -> tuple[Any, list[str]]:
    module = bindings.parse(f"{NAMES}\ndata = {source}".encode())
    reader = Reader()
    (expression,) = bindings.candidates(module, ["data"])
    return reader.read(expression, "data"), reader.unread


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("None", None),
        ("True", True),
        ("'text'", "text"),
        ("'one ' 'text'", "one text"),
        ("-1", -1),
        ("-1.5", -1.5),
        ("[1, [2]]", [1, [2]]),
        ("(1, 2)", [1, 2]),
        ("{'only'}", ["only"]),
        ("{'a': {'b': 1}}", {"a": {"b": 1}}),
        ("{1: 'number'}", {"1": "number"}),
        ("{**BASE, 'replaced': 2}", {"kept": 1, "replaced": 2}),
        ("{'replaced': 2, **BASE}", {"replaced": 1, "kept": 1}),
        ("'a' + 'b' + SLUG", "abChat"),
        ("TAGS + ['c']", ["a", "b", "c"]),
        ("[*TAGS, 'c']", ["a", "b", "c"]),
        ("f'{SLUG}-{1}{True!s}'", "Chat-1True"),
        ("Other.KEY", "other"),
        ("BASE['kept']", 1),
        ("HALF['known']", 1),
        ("str(1)", "1"),
        ("dict()", {}),
        ("dict(BASE, a=1, **{'b': 2})", {"kept": 1, "replaced": 1, "a": 1, "b": 2}),
        ("list(('a',))", ["a"]),
    ],
)
def test_literals_are_read(source: str, expected: Any) -> None:
    assert read(source) == (expected, [])


@pytest.mark.parametrize(
    "source",
    [
        "os.name",
        "f()",
        "[1][0]",
        "SLUG.lower()",
        "'a' * 3",
        "'a' % 1",
        "1 + 1",
        "'a' + 1",
        "[] + ()[0]",
        "-True",
        "-'a'",
        "+1",
        "not 1",
        "1 if SLUG else 2",
        "f'{SLUG!r}'",
        "f'{1:>5}'",
        "f'{TAGS}'",
        "str(TAGS)",
        "str(1, 2)",
        "list('abc')",
        "dict(BASE, BASE)",
        "int('1')",
        "lambda: 1",
        "[x for x in TAGS]",
        "b'bytes'",
        "...",
        "1j",
        "1e999",
        "9223372036854775808",
        "'\\ud800'",
        "Missing",
        "Other.MISSING",
        "a.b.c",
        "BASE['missing']",
        "HALF['unknown']",
        "TAGS[0]",
        "2**0",
    ],
)
def test_what_is_no_literal_is_refused_as_a_whole_and_left_out_as_a_part(source: str) -> None:
    with pytest.raises(NotLiteralError, match=r"^data: is not a literal$"):
        read(source)
    assert read(f"{{'before': 1, 'it': [{source}, 2]}}") == (
        {"before": 1, "it": [2]},
        ["data.it[0]"],
    )
    assert read(f"{{'it': 1, 'it': {source}}}") == ({}, ["data.it"])


@pytest.mark.parametrize(
    ("source", "expected", "unread"),
    [
        ("{os.name: 1, 'a': 2}", {"a": 2}, ["data.**"]),
        ("{None: 1, 'a': 2}", {"a": 2}, ["data.**"]),
        ("{**os.environ, 'a': 2}", {"a": 2}, ["data.**"]),
        ("{**TAGS, 'a': 2}", {"a": 2}, ["data.**"]),
        ("dict(TAGS, a=2)", {"a": 2}, ["data.**"]),
        ("[*os.name, *SLUG, 1]", [1], ["data[0]", "data[1]"]),
        ("{'a\\n': f()}", {}, ["data.'a\\n'"]),
        ("[{'x': HALF}]", [{"x": {"known": 1}}], ["data[0].x.unknown"]),
    ],
)
def test_paths_of_what_was_left_out_are_remembered(
    source: str, expected: Any, unread: list[str]
) -> None:
    assert read(source) == (expected, unread)


def test_a_name_that_refers_to_itself_is_no_literal() -> None:
    assert read("LOOP") == ([], ["data[0]"])


@pytest.mark.parametrize("name", ["str", "dict", "list"])
def test_a_built_in_name_that_the_source_binds_is_not_trusted(name: str) -> None:
    module = bindings.parse(f"def {name}(x): ...\ndata = {name}(())".encode())
    (expression,) = bindings.candidates(module, ["data"])
    with pytest.raises(NotLiteralError):
        Reader().read(expression, "data")


@pytest.mark.parametrize("item", ["a{0} + a{0}", "[a{0}, a{0}]", "{{'x': a{0}, 'y': a{0}}}"])
def test_names_that_double_and_double_come_to_an_end(item: str) -> None:
    doubling = "\n".join(f"a{number + 1} = {item.format(number)}" for number in range(64))
    module = bindings.parse(f"a0 = 'x'\n{doubling}\ndata = a64".encode())
    (expression,) = bindings.candidates(module, ["data"])
    with pytest.raises(ValueError, match=r"is too large$"):
        Reader().read(expression, "data")


def test_long_texts_count_by_their_length() -> None:
    text = "x" * 300_000
    module = bindings.parse(f"long = '{text}'\ndata = [long, long, long, long]".encode())
    (expression,) = bindings.candidates(module, ["data"])
    with pytest.raises(ValueError, match=r"^data\[3\]: is too large$"):
        Reader().read(expression, "data")


def test_what_is_nested_too_deeply_is_no_literal() -> None:
    nested = "\n".join(f"a{number + 1} = [a{number}]" for number in range(2000))
    module = bindings.parse(f"a0 = 'x'\n{nested}\ndata = a2000".encode())
    (expression,) = bindings.candidates(module, ["data"])
    with pytest.raises(NotLiteralError, match=r"^data: is nested too deeply$"):
        Reader().read(expression, "data")


def test_only_so_many_paths_of_so_much_length_are_remembered() -> None:
    _, unread = read(f"[{{'{'k' * 5000}': f()}}{', f()' * 200}]")
    assert len(unread) == 100
    assert unread[:2] == [f"data[0].{'k' * 80}", "data[1]"]
