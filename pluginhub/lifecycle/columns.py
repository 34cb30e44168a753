"""The columns of the application's tables ``plugin`` and ``module``, and what fits into them."""

from collections.abc import Container, Mapping
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from pluginhub.manifest import JSONArray, JSONObject, Module, Text

PLUGIN_JSON = frozenset(
    {
        "permissions",
        "config_fields",
        "messages",
        "dependencies",
        "required_services_runtime",
        "backend_dependencies",
    }
)
MODULE_JSON = frozenset(
    {
        "props",
        "config_fields",
        "messages",
        "required_services",
        "dependencies",
        "layout",
        "tags",
    }
)
BOOLEANS = frozenset({"enabled", "official", "is_local", "update_available"})

# What a plugin's row says where neither manifest nor package say anything.
DEFAULTS: dict[str, Any] = {
    "type": "frontend",
    "plugin_type": "frontend",
    "status": "activated",
    "official": False,
    "downloads": 0,
    "compatibility": "1.0.0",
    "bundle_method": "webpack",
    "is_local": False,
    "long_description": None,
    "source_type": None,
    "source_url": None,
    "update_check_url": None,
    "last_update_check": None,
    "update_available": False,
    "latest_version": None,
    "installation_type": "local",
    "endpoints_file": None,
    "route_prefix": None,
    "config_fields": {},
    "messages": {},
    "dependencies": [],
    "required_services_runtime": [],
    "backend_dependencies": [],
}
# Of which kind the columns are that are not text.
_NUMBER = Annotated[int, Field(strict=True, ge=0, le=2**53)]
_KINDS: Mapping[str, TypeAdapter[Any]] = {
    **dict.fromkeys(BOOLEANS, TypeAdapter(Annotated[bool, Field(strict=True)])),
    **dict.fromkeys(("config_fields", "messages"), TypeAdapter(JSONObject)),
    **dict.fromkeys(PLUGIN_JSON - {"config_fields", "messages"}, TypeAdapter(JSONArray)),
    "downloads": TypeAdapter(_NUMBER),
}
_TEXT: TypeAdapter[Any] = TypeAdapter(Text)
# What may differ for a user; ``id`` is one of an older system.
OF_PLUGINS = frozenset(DEFAULTS) | {
    "id",
    "name",
    "description",
    "icon",
    "category",
    "author",
    "scope",
    "bundle_location",
    "permissions",
}
OF_MODULES = (frozenset(Module.model_fields) | {"id"}) - {"name"}


def fits(name: str, value: Any) -> bool:
    """Return whether a value is of the kind that frontends expect in a column."""
    try:
        if name != "name" and name in Module.model_fields:
            Module.model_validate({"name": "any", name: value})
        else:
            _KINDS.get(name, _TEXT).validate_python(value)
    except (ValidationError, RecursionError):
        return False
    return True


def misfits(attributes: Mapping[str, Any], columns: Container[str]) -> list[str]:
    """Return the names of attributes that no plugin or module of a user can have.

    Args:
        attributes: What is to differ for the user.
        columns: ``OF_PLUGINS`` or ``OF_MODULES``.
    """
    return [
        name
        for name, value in attributes.items()
        if name not in columns or value is None or not fits(name, value)
    ]
