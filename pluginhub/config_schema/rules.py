"""What a schema must be like to be used."""

import json
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from pluginhub.config_schema.keys import Path
from pluginhub.config_schema.problems import path_text, shortened
from pluginhub.config_schema.references import KEYWORDS, References
from pluginhub.errors import InvalidError

MAX_DEPTH = 32
_MAX_BYTES = 64 * 1024
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def check(schema: dict[str, Any]) -> None:
    """Refuse what is no usable schema of a configuration. Takes milliseconds: run in a thread.

    Args:
        schema: As JSON gives it, at most 64 KiB and 32 levels.

    Raises:
        InvalidError: The message says which rule it breaks, and where.
    """
    if _too_deep(schema):
        raise InvalidError(f"config_schema is nested deeper than {MAX_DEPTH} levels")
    try:
        size = len(json.dumps(schema, allow_nan=False).encode())
    except ValueError as error:
        raise InvalidError("config_schema holds NaN or an infinite number") from error
    if size > _MAX_BYTES:
        raise InvalidError(f"config_schema is larger than {_MAX_BYTES // 1024} KiB")
    _check_dialect(schema, ())
    if schema.get("type", "object") != "object":
        raise InvalidError("config_schema describes no object: its type must be 'object'")
    _check_references(schema)


def _too_deep(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            below
            for each in level
            if isinstance(each, dict | list)
            for below in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, dict | list) for each in level)


def _check_dialect(schema: dict[str, Any], where: Path) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        path = path_text((*where, *error.absolute_path))
        message = f"config_schema is no JSON Schema 2020-12 at {path or 'its top'!r}"
        raise InvalidError(f"{message}: {shortened(error.message)}", path=path) from error


def _check_references(schema: dict[str, Any]) -> None:
    references, targets = References(schema), {id(schema)}
    for each in _objects(schema):
        for name in KEYWORDS:
            if isinstance(each.get(name), str):
                target = references.target(each[name])
                if id(target) not in targets and isinstance(target, dict):
                    targets.add(id(target))
                    _check_dialect(target, (each[name],))
        if each is not schema and isinstance(each.get("$id"), str):
            raise InvalidError("config_schema has an $id below its top, which is not supported")
        if isinstance(dialect := each.get("$schema", _DIALECT), str) and dialect != _DIALECT:
            raise InvalidError(f"config_schema must be written in {_DIALECT}")


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for below in value:
            yield from _objects(below)
