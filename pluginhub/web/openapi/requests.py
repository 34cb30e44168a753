"""What an operation reads: its path, its query and its body."""

import re
from collections.abc import Mapping

from pluginhub.web import bodies, idempotency
from pluginhub.web.openapi.schemas import REFERENCE, Json, Schemas
from pluginhub.web.operations import Operation

_PARAMETER = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_ANY = {"", ".+", ".*"}

_PATH: Mapping[str, Json] = {
    "slug": {"schema": {"type": "string"}, "example": "Dashboard"},
    "version": {"schema": {"type": "string"}, "example": "1.0.0"},
    "name": {"schema": {"type": "string"}, "example": "ann"},
    "path": {"schema": {"type": "string"}, "example": "dist/remoteEntry.js"},
}
_OTHER: Json = {"schema": {"type": "string"}}
_IDEMPOTENCY_KEY: Json = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "Sent again with the same key, the request does nothing and is answered alike.",
    "schema": {"type": "string", "pattern": idempotency.PATTERN},
    "example": "8c0f4d0a-6b1e-4f57-9d0e-3a5b7c9d1e2f",
}


def path_of(route_path: str) -> str:
    """Return the address as OpenAPI writes it, without the patterns of its parameters."""
    return _PARAMETER.sub(r"{\1}", route_path)


def parameters(path: str, found: Operation) -> list[Json]:
    """Return the parameters in the address and in the query."""
    in_path = [
        {"name": name, "in": "path", "required": True, **_in_path(name, pattern)}
        for name, pattern in _PARAMETER.findall(path)
    ]
    return [*in_path, *_in_query(found), *([_IDEMPOTENCY_KEY] if found.creates else [])]


def _in_path(name: str, pattern: str) -> Json:
    if pattern in _ANY:
        return _PATH.get(name, _OTHER)
    return {"schema": {"type": "string", "enum": pattern.split("|")}}


def _in_query(found: Operation) -> list[Json]:
    if found.query is None:
        return []
    schema = found.query.model_json_schema(ref_template=REFERENCE)
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": field,
            **({"description": field["description"]} if "description" in field else {}),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def body(method: str, found: Operation, schemas: Schemas) -> Json:
    """Return ``requestBody``, or nothing if there is none."""
    content: Json = {
        media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in found.sends
    }
    required = bool(found.sends or found.form)
    if found.form is not None:
        content["multipart/form-data"] = schemas.media(found.form, "validation")
    if found.body is not None:
        for media_type in bodies.json_types(method):
            content[media_type] = schemas.media(found.body, "validation")
        required = required or bool(found.body.model_json_schema().get("required"))
    return {"requestBody": {"content": content, "required": required}} if content else {}
