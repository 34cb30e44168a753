"""Reads a form of a ``config_schema`` that was filled in."""

import json
from collections.abc import Mapping
from typing import Any

from pluginhub.config_schema.problems import path_text
from pluginhub.web.pages.fields import Described, Json, option_of

_NOTHING = object()


def read(schema: Json, before: Mapping[str, Any], texts: Mapping[str, str]) -> tuple[Json, Json]:
    """Return the configuration that was filled in, and reasons by path for what cannot be read.

    What is as the schema's default says, and was not set before, is left to the default. Keys that
    have no field stay as they are.

    Args:
        schema: One that ``config_schema.check`` took.
        before: What the user had set.
        texts: What was filled in, by name of the field.
    """
    problems: dict[str, str] = {}
    return _object(Described(schema, ()), before, texts, problems), problems


def _object(
    described: Described,
    before: Mapping[str, Any],
    texts: Mapping[str, str],
    problems: dict[str, str],
) -> Json:
    result = dict(before)
    for below in described.properties():
        key = below.path[-1]
        value = _value(below, before.get(key), texts, problems)
        result.pop(key, None)
        if value is not _NOTHING and (key in before or not _is_default(below, value)):
            result[key] = value
    return result


def _is_default(described: Described, value: object) -> bool:
    """Return whether it makes no difference that a value is not set."""
    unset: object = {"switch": False, "group": {}, "lines": []}.get(described.kind, _NOTHING)
    return bool(value == described.schema.get("default", unset))


def _value(
    described: Described, before: object, texts: Mapping[str, str], problems: dict[str, str]
) -> Any:
    """Return what was filled into a field, ``_NOTHING`` if nothing was."""
    if described.kind == "group":
        return _object(described, before if isinstance(before, dict) else {}, texts, problems)
    if described.kind == "switch":
        return described.name in texts
    text = texts.get(described.name, "").replace("\r\n", "\n")
    if described.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    return _NOTHING if text == "" else _written(described, text, problems)


def _written(described: Described, text: str, problems: dict[str, str]) -> Any:
    if described.kind == "text":
        return text
    if described.kind == "choice":
        return next((it for it in described.schema["enum"] if option_of(it) == text), text)
    return _parsed(described, text, problems)


def _parsed(described: Described, text: str, problems: dict[str, str]) -> Any:
    kind = described.kind
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None if kind == "number" else _NOTHING
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "number" and not is_number:
        problems[path_text(described.path)] = "is no number"
    if value is _NOTHING:
        problems[path_text(described.path)] = "is no JSON"
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)
