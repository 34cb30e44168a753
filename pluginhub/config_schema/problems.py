"""What a schema says against a configuration."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry

from pluginhub.config_schema.keys import UNKNOWN, Keys, Path, below
from pluginhub.errors import InvalidError

MISSING = "required"

_MAX_PROBLEMS = 20  # a message is for people
_MAX_SORTED = 1000
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """What a schema says against a configuration.

    Args:
        path: Of the value, such as ``zones[2].name``; empty for the whole configuration.
        problem: What is wrong with it.
    """

    path: str
    problem: str


def validate(schema: dict[str, Any], config: dict[str, Any]) -> list[Problem]:
    """Return what a schema says against a configuration; nothing means that it fits.

    A key that no part of the schema speaks of is refused wherever ``properties`` are listed,
    unless the schema says something about other keys. Formats are not enforced. A hostile
    schema may take for ever: call this where that can be ended.

    Args:
        schema: One that ``check`` took.
        config: As JSON gives it.

    Returns:
        At most 20, sorted by path.

    Raises:
        InvalidError: The schema, or the configuration, leads around without end.
    """
    validator = Draft202012Validator(schema, registry=Registry())
    try:
        found = set(islice(_problems(validator, config), _MAX_SORTED))
        found |= set(islice(Keys(validator).unknown([schema], config, ()), _MAX_SORTED))
    except RecursionError as error:
        raise InvalidError("config_schema refers to itself without end") from error
    ordered = sorted(found, key=lambda each: ([_sortable(part) for part in each[0]], each[1]))
    return [Problem(path_text(path), problem) for path, problem in ordered[:_MAX_PROBLEMS]]


def path_text(path: Iterable[str | int]) -> str:
    """Return a path as people write it: ``zones[2].name``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def shortened(text: str) -> str:
    """Return a text cut to a length that people read."""
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"


def _problems(validator: Any, config: object) -> Iterator[tuple[Path, str]]:
    for error in validator.iter_errors(config):
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties" and error.validator_value is False:
            for key in error.instance:
                if not list(below(error.schema, key)):
                    yield (*path, key), UNKNOWN
        elif error.validator == "required":
            for key in error.validator_value:
                if key not in error.instance:
                    yield (*path, key), MISSING
        else:
            yield path, shortened(error.message)


def _sortable(part: str | int) -> tuple[int, str]:
    return (part, "") if isinstance(part, int) else (-1, part)
