"""Where the values of a JSON document stand in its text."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from pluginhub.manifest import path_of

Place = tuple[int, int]  # line and column, from 1
Path = tuple[int | str, ...]

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)', re.DOTALL)


class Positions:
    """Knows where values and keys stand.

    Args:
        text: JSON that is well-formed, and as deep as Python recurses at most.
    """

    def __init__(self, text: str) -> None:
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._starts: dict[str, int] = {}
        self._keys: dict[str, int] = {}
        self._tokens = _tokens(text)
        self._value((), *next(self._tokens))

    def of_value(self, path: str) -> Place:
        """Return where a value stands, or the nearest one around it that is there.

        Args:
            path: Such as ``modules[2].name``.
        """
        return self._place(self._starts, path)

    def of_key(self, path: str) -> Place:
        """Return where the key of a value stands, or the nearest one around it that is there."""
        return self._place(self._keys if path in self._keys else self._starts, path)

    def _place(self, known: dict[str, int], path: str) -> Place:
        while path and path not in known:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        start = known[path] if path else self._starts[path_of(())]
        line = bisect_right(self._lines, start)
        return line, start - self._lines[line - 1] + 1

    def _value(self, path: Path, sign: str, start: int) -> None:
        named = path_of(path)
        if not path or named != path_of(()):  # empty keys are written as the document itself
            self._starts[named] = start
        if sign == "{":
            self._object(path)
        elif sign == "[":
            self._array(path)

    def _object(self, path: Path) -> None:
        for sign, start in self._tokens:
            if sign == "}":
                return
            if sign != ",":
                below = (*path, _unquoted(sign))
                self._keys[path_of(below)] = start
                next(self._tokens)  # the colon
                self._value(below, *next(self._tokens))

    def _array(self, path: Path) -> None:
        number = 0
        for sign, start in self._tokens:
            if sign == "]":
                return
            if sign == ",":
                number += 1
            else:
                self._value((*path, number), sign, start)


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    for match in _TOKEN.finditer(text):
        yield match[1], match.start(1)


def _unquoted(sign: str) -> str:
    if "\\" not in sign:
        return sign[1:-1]
    found: str = json.loads(sign, strict=False)
    return found
