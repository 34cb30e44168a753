"""Finds the keys of a configuration that no part of its schema speaks of."""

import re
from collections.abc import Iterator
from typing import Any

from pluginhub.config_schema.references import KEYWORDS, References

Path = tuple[str | int, ...]

UNKNOWN = "unknown key"
_ABOUT_OTHER_KEYS = {"additionalProperties", "patternProperties", "unevaluatedProperties"}


class Keys:
    """Joins what all parts of a schema say of one value.

    JSON Schema's own ``additionalProperties`` sees only its siblings, so what ``allOf`` puts
    together would refuse itself.

    Args:
        validator: Of the whole schema.
    """

    def __init__(self, validator: Any) -> None:
        self._validator = validator
        self._references = References(validator.schema)

    def unknown(self, schemas: list[Any], value: Any, path: Path) -> Iterator[tuple[Path, str]]:
        """Yield what lies below ``path`` and is not known to any of the schemas for it."""
        if not schemas or not isinstance(value, dict | list):
            return
        parts = list(self._together(schemas, value))
        closed = isinstance(value, dict) and any("properties" in part for part in parts)
        closed = closed and not any(_ABOUT_OTHER_KEYS & part.keys() for part in parts)
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if closed and not any(key in part.get("properties", ()) for part in parts):
                yield (*path, key), UNKNOWN
                continue
            children = [child for part in parts for child in below(part, key)]
            yield from self.unknown(children, inner, (*path, key))

    def _together(self, schemas: list[Any], value: Any) -> Iterator[dict[str, Any]]:
        """Yield all schemas that apply to the value itself."""
        left, seen = list(schemas), set()
        while left:
            schema = left.pop()
            if isinstance(schema, dict) and id(schema) not in seen:
                seen.add(id(schema))
                yield schema
                left += self._applied(schema, value)

    def _applied(self, schema: dict[str, Any], value: Any) -> Iterator[Any]:
        for name in KEYWORDS:
            if name in schema:
                yield self._references.target(schema[name])
        yield from schema.get("allOf", ())
        for name in ("anyOf", "oneOf"):
            branches = schema.get(name, [])
            yield from [each for each in branches if self._fits(each, value)] or branches
        if "if" in schema:
            yield from self._branch(schema, value)
        for key, dependent in schema.get("dependentSchemas", {}).items():
            if key in value:
                yield dependent

    def _branch(self, schema: dict[str, Any], value: Any) -> Iterator[Any]:
        if self._fits(schema["if"], value):
            yield schema["if"]
            yield schema.get("then")
        else:
            yield schema.get("else")

    def _fits(self, schema: Any, value: Any) -> bool:
        return bool(self._validator.evolve(schema=schema).is_valid(value))


def below(schema: dict[str, Any], key: str | int) -> Iterator[Any]:
    """Yield what one schema says of the value at a key or at an index."""
    if isinstance(key, int):
        first = schema.get("prefixItems", [])
        yield first[key] if key < len(first) else schema.get("items")
        return
    found = [schema["properties"][key]] if key in schema.get("properties", ()) else []
    patterns = schema.get("patternProperties", {}).items()
    found += [each for pattern, each in patterns if re.search(pattern, key)]
    yield from found or [each for each in [schema.get("additionalProperties")] if each]
