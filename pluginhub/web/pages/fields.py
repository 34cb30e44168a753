"""Makes the fields of a form of a ``config_schema``.

Text, numbers, switches, choices, lists of texts and objects of these get fields of their own. What
is described in another way is filled in as JSON.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pluginhub.config_schema.problems import path_text

Kind = Literal["text", "lines", "number", "switch", "choice", "group", "json"]
Path = tuple[str, ...]
Json = dict[str, Any]

_MOST_LEVELS = 4  # of objects that get fields of their own
_SIMPLE: Mapping[str, Kind] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "switch",
}
_LIMITS = {"minLength": "minlength", "maxLength": "maxlength", "minimum": "min", "maximum": "max"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    Attributes:
        name: Of the field in the form, unique in it.
        path: Of the value, as problems name it: ``zones.north``.
        text: What stands in the field; a switch that is on has any.
        options: Texts to choose from.
        limits: Attributes of the field, such as ``maxlength``.
        default: Text of the value that holds if nothing is filled in, or None.
        problem: What is wrong with what was filled in.
        fields: Of a group.
    """

    name: str
    path: str
    kind: Kind
    label: str
    description: str
    text: str
    options: tuple[str, ...]
    limits: Mapping[str, str]
    required: bool
    default: str | None
    problem: str
    fields: tuple["Field", ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was filled in and not taken.

    Attributes:
        texts: By name of the field; a switch that is off has none.
        problems: Reasons by path.
    """

    texts: Mapping[str, str]
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Described:
    """What a schema says of one value.

    Attributes:
        schema: Of the value.
        path: Keys that lead to it.
        required: Whether it must be there.
    """

    schema: Json
    path: Path
    required: bool = False

    @property
    def name(self) -> str:
        """Name of the field in the form."""
        return json.dumps(self.path)

    @property
    def kind(self) -> Kind:
        """Kind of the field."""
        if isinstance(self.schema.get("enum"), list):
            return "choice"
        kind = self.schema.get("type")
        if kind == "array" and _are_texts(self.schema.get("items")):
            return "lines"
        if kind == "object" and self.schema.get("properties") and len(self.path) < _MOST_LEVELS:
            return "group"
        return _SIMPLE.get(str(kind), "json")

    def properties(self) -> Iterator["Described"]:
        """Yield what the schema says of each key of the value."""
        required = self.schema.get("required", [])
        for key, schema in self.schema.get("properties", {}).items():
            known = schema if isinstance(schema, dict) else {}
            yield Described(known, (*self.path, key), key in required)


def fields_of(schema: Json, config: Mapping[str, Any], filled: Filled | None = None) -> list[Field]:
    """Return the fields of a configuration.

    Args:
        schema: One that ``config_schema.check`` took.
        config: What is in force.
        filled: What was filled in before.
    """
    return [
        _field(described, config.get(described.path[-1]), filled)
        for described in Described(schema, ()).properties()
    ]


def text_of(value: object, kind: Kind) -> str:
    """Return what stands in a field for a value; None is no value."""
    if value is None or value is False:
        return ""
    if kind == "lines" and isinstance(value, list):
        return "\n".join(str(item) for item in value)
    if isinstance(value, str) and kind != "json":
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if kind == "json" else None)


def _field(described: Described, value: Any, filled: Filled | None) -> Field:
    kind, schema, path = described.kind, described.schema, path_text(described.path)
    default = schema.get("default")
    inner = value if isinstance(value, dict) else {}
    return Field(
        name=described.name,
        path=path,
        kind=kind,
        label=str(schema.get("title") or described.path[-1]),
        description=str(schema.get("description", "")),
        text=filled.texts.get(described.name, "") if filled else text_of(value, kind),
        options=tuple(option_of(option) for option in schema.get("enum", ())),
        limits=_limits(schema, kind),
        required=described.required and kind not in {"switch", "group"},
        default=None if default is None else text_of(default, kind),
        problem=_problem(filled, path, kind),
        fields=tuple(
            _field(below, inner.get(below.path[-1]), filled) for below in described.properties()
        )
        if kind == "group"
        else (),
    )


def option_of(value: object) -> str:
    """Return the text of one of the values to choose from."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _limits(schema: Json, kind: Kind) -> dict[str, str]:
    if kind not in {"text", "number"}:
        return {}
    limits = {name: str(schema[key]) for key, name in _LIMITS.items() if key in schema}
    if kind == "number":
        limits["step"] = str(schema.get("multipleOf", 1 if schema["type"] == "integer" else "any"))
    return limits


def _problem(filled: Filled | None, path: str, kind: Kind) -> str:
    """Return what is wrong with a value, or within one that has a single field."""
    if filled is None:
        return ""
    return "; ".join(
        reason
        for where, reason in filled.problems.items()
        if where == path or (kind != "group" and where.startswith((f"{path}.", f"{path}[")))
    )


def _are_texts(items: object) -> bool:
    return isinstance(items, dict) and items.get("type") == "string" and "enum" not in items
