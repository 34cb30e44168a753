"""How a process for hooks is started: isolated, and without the server's environment."""

import os
import sys

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT")


def environment() -> dict[str, str]:
    """Return what a process for hooks may know of the server's environment."""
    known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**known, "PYTHONDONTWRITEBYTECODE": "1"}


def command(module: str) -> list[str]:
    """Return the command that runs a module of pluginhub by itself."""
    return [sys.executable, "-I", "-B", "-X", "utf8", "-m", module]
