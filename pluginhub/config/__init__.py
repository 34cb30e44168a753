"""Settings: a model per section (``sections``), and where values come from (``loading``)."""

from pluginhub.config.loading import DEFAULT_FILE, Setting, Settings, load
from pluginhub.config.sections import (
    Auth,
    Backup,
    Cleanup,
    Compat,
    Config,
    Files,
    Lifecycle,
    Log,
    Metrics,
    Publish,
    Quotas,
    Server,
    Storage,
)

__all__ = [
    "DEFAULT_FILE",
    "Auth",
    "Backup",
    "Cleanup",
    "Compat",
    "Config",
    "Files",
    "Lifecycle",
    "Log",
    "Metrics",
    "Publish",
    "Quotas",
    "Server",
    "Setting",
    "Settings",
    "Storage",
    "load",
]
