"""Reads the ids that the existing frontend sends (http-api section 2.1)."""

import re

from pluginhub.lifecycle import application
from pluginhub.models import Installation, User

_PLUGIN_ID = re.compile(r"([0-9a-f]{32})_(.+)", re.DOTALL)


def parse_plugin_id(text: str) -> tuple[str | None, str]:
    """Split a plugin id into user id and slug; a bare slug has no user."""
    if match := _PLUGIN_ID.fullmatch(text):
        return match[1], match[2]
    return None, text


def slug_of(user: User, text: str) -> str:
    """Return the slug that a user means by a slug or by the id of a plugin of theirs.

    The id of another user's plugin stays whole, so it is the slug of no plugin.
    """
    return _without(text, f"{user.id}_")


def module_of(installation: Installation, text: str) -> str | None:
    """Return the name of the module that is meant by an id or a name, or None.

    Ids may leave the slug out, as those of some existing packages do.
    """
    names = {module.name for module in installation.release.manifest.modules}
    for name in names:
        if text == application.module_id_of(installation, name):
            return name
    plugin_id = application.plugin_id(installation.user_id, installation.slug)
    without_user = _without(text, f"{installation.user_id}_")
    meant = (text, _without(text, f"{plugin_id}_"), without_user)
    return next((name for name in meant if name in names), None)


def _without(text: str, prefix: str) -> str:
    """Return a text without a prefix, whose case does not matter."""
    return text[len(prefix) :] if text.lower().startswith(prefix.lower()) else text
