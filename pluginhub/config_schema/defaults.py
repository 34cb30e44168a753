"""Completes a configuration with the defaults that a schema names."""

import copy
from typing import Any

from pluginhub.config_schema.rules import MAX_DEPTH


def with_defaults(schema: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration with the schema's ``default`` where a key is missing.

    Objects below ``properties`` are completed too. References are not followed.

    Args:
        schema: One that ``check`` took.
        config: Stays as it is; values that are not completed are shared with it.
    """
    return _completed(schema, config, MAX_DEPTH)


def _completed(schema: dict[str, Any], config: dict[str, Any], depth: int) -> dict[str, Any]:
    found = dict(config)
    properties = schema.get("properties")
    if depth == 0 or not isinstance(properties, dict):
        return found
    for key, described in properties.items():
        if not isinstance(described, dict):
            continue
        if key not in found and "default" in described:
            found[key] = copy.deepcopy(described["default"])
        if isinstance(found.get(key, {}), dict):
            below = _completed(described, found.get(key, {}), depth - 1)
            if below or key in found:
                found[key] = below
    return found
