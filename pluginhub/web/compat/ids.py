"""The ids that the existing frontend parses (http-api section 2.1)."""

import re

_PLUGIN_ID = re.compile(r"([0-9a-f]{32})_(.+)", re.DOTALL)


def plugin_id(user_id: str, slug: str) -> str:
    """Return the id of a user's plugin, called ``database_id`` in the manifest."""
    return f"{user_id}_{slug}"


def module_id(user_id: str, slug: str, name: str) -> str:
    """Return the id of a module of a user's plugin."""
    return f"{user_id}_{slug}_{name}"


def parse_plugin_id(text: str) -> tuple[str | None, str]:
    """Split a plugin id into user id and slug; a bare slug has no user."""
    if match := _PLUGIN_ID.fullmatch(text):
        return match[1], match[2]
    return None, text
