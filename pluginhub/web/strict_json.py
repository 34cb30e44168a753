"""Reads JSON as RFC 8259 and I-JSON (RFC 7493) have it: nothing that two readers may read apart."""

import json
from typing import Any, NoReturn

from pluginhub.errors import MalformedError

LEVELS = 64  # arrays and objects within each other
_LONGEST_NUMBER = 100  # characters
_EXACT = 2**53  # integers below it are floats without a loss
_CONTAINERS = (dict, list)


def loads(raw: bytes, levels: int = LEVELS) -> Any:
    """Return the value of a JSON text.

    Args:
        raw: The text.
        levels: How many arrays and objects may be in each other.

    Raises:
        MalformedError: It is no JSON in UTF-8, or has a key twice in one object, NaN or Infinity,
            a number of more than 100 characters or beyond what a float holds, half of a surrogate
            pair, or too many levels.
    """
    try:
        value = _DECODER.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise MalformedError("the body is not UTF-8") from error
    except RecursionError as error:
        raise _too_deep(levels) from error
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"the body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from error
    _check_depth(value, levels)
    if b"\\u" in raw:
        _check_surrogates(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedError(f"the body has the key {twice[:50]!a} twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise MalformedError(f"the body is not JSON: {name} is no number")


def _whole(text: str) -> int:
    _check_length(text)
    return int(text)


def _real(text: str) -> float | int:
    """Return a number; 1.0 is the integer that it is in JSON Schema (section 6.3)."""
    _check_length(text)
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise MalformedError("the body has a number that is too large")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_NUMBER:
        raise MalformedError(f"the body has a number of more than {_LONGEST_NUMBER} characters")


def _check_depth(value: Any, levels: int) -> None:
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(levels):
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, _CONTAINERS)
        ]
        if not level:
            return
    raise _too_deep(levels)


def _too_deep(levels: int) -> MalformedError:
    return MalformedError(f"the body has more than {levels} arrays and objects in each other")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise MalformedError("the body has text that is not valid Unicode") from error


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_int=_whole,
    parse_float=_real,
)
