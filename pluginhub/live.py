"""Settings that change while the application runs."""

from aiohttp import web

from pluginhub import logs
from pluginhub.config import Config
from pluginhub.web import keys

# The others are read once, at the start.
_LIVE = ("backup.", "cleanup.", "lifecycle.manager_timeout", "log.")


def apply(app: web.Application, before: Config, after: Config) -> tuple[list[str], list[str]]:
    """Let an application that runs go by other settings, as far as that is possible.

    Args:
        app: It runs.
        before: The settings that it went by.
        after: Those that it shall go by.

    Returns:
        The keys that changed, and those of them that need a restart.
    """
    changed = _differing(before, after)
    app[keys.CLEANUP].change(after.cleanup)
    app[keys.BACKUPS].change(after.backup)
    app[keys.RESOURCES].registry.drop_after(after.lifecycle.manager_timeout)
    logs.set_up(after.log)
    return changed, [key for key in changed if not key.startswith(_LIVE)]


def _differing(before: Config, after: Config) -> list[str]:
    old, new = before.model_dump(), after.model_dump()
    return [
        f"{section}.{name}"
        for section, values in new.items()
        for name, value in values.items()
        if old[section][name] != value
    ]
