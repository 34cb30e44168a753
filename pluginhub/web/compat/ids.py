"""Reads the ids that the existing frontend sends (http-api section 2.1)."""

import re

_PLUGIN_ID = re.compile(r"([0-9a-f]{32})_(.+)", re.DOTALL)


def parse_plugin_id(text: str) -> tuple[str | None, str]:
    """Split a plugin id into user id and slug; a bare slug has no user."""
    if match := _PLUGIN_ID.fullmatch(text):
        return match[1], match[2]
    return None, text
