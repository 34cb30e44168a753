"""At which step an installation failed, in the words of the frontend's progress display.

They are those of http-api section 3.4; the display shows the message and the suggestions.
"""

from collections.abc import Mapping
from typing import Any

from pluginhub.errors import (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    HookAnswerError,
    HookError,
    HookKilledError,
    HookRaisedError,
    HooksSuspendedError,
    HookTimeoutError,
    HubError,
    NoSpaceError,
    NotFoundError,
)
from pluginhub.models import User
from pluginhub.web.problems import STATUS, CompatError

REFUSALS = (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    HookError,
    NoSpaceError,
    NotFoundError,
)

_MANIFEST_REASONS = frozenset({"no-manifest", "bad-manifest", "bad-version"})
# The hook did not even come to refuse.
_EXECUTION = (
    HookAnswerError,
    HookKilledError,
    HookRaisedError,
    HooksSuspendedError,
    HookTimeoutError,
)
_MESSAGES: Mapping[str, str] = {
    "file_extraction": "Extraction failed",
    "plugin_validation": "Plugin validation failed",
    "lifecycle_manager_install": "Plugin installation failed",
    "lifecycle_manager_execution": "Installation process failed",
    "setup_and_copy": "Plugin installation setup failed",
}
_SUGGESTIONS: Mapping[str, list[str]] = {
    "file_extraction": [
        "Pack the plugin again as .zip or .tar.gz, with plain files only",
        "Check that the upload was not cut short",
    ],
    "plugin_validation": [
        "Put a pluginhub.json at the top of the archive",
        "Print its JSON Schema with: pluginhub manifest-schema",
    ],
    "lifecycle_manager_install": [
        "Give changed files a new version: the bytes of a release never change",
        "If you have the plugin already: pluginhub publish, then pluginhub update",
    ],
    "lifecycle_manager_execution": [
        "Look for the plugin's own words in the server's log",
        "Mend the hook that failed, and upload the plugin again",
    ],
    "setup_and_copy": ["Free some space on the server, or lower storage.disk_reserve"],
}


def of(error: HubError, user: User, *, filename: str) -> CompatError:
    """Return what to answer for an installation that failed.

    Args:
        error: One of ``REFUSALS``.
        user: For whom it was.
        filename: What the client calls the bundle.
    """
    step = _step(error)
    plugin = {"plugin_slug": error.fields.get("slug"), "user_id": user.id}
    exception = {"exception_type": type(error).__name__}
    known: dict[str, Mapping[str, Any]] = {
        "file_extraction": {"filename": filename},
        "plugin_validation": {"validation_error": error.message},
        "lifecycle_manager_install": plugin,
        "lifecycle_manager_execution": {**plugin, **exception},
        "setup_and_copy": exception,
    }
    return CompatError(
        STATUS[NoSpaceError] if isinstance(error, NoSpaceError) else 400,
        {
            "message": f"{_MESSAGES[step]}: {error.message}",
            "details": {"step": step, "code": error.code, **known[step]},
            "suggestions": _SUGGESTIONS[step],
        },
    )


def _step(error: HubError) -> str:
    if isinstance(error, NoSpaceError):
        return "setup_and_copy"
    if isinstance(error, _EXECUTION):
        return "lifecycle_manager_execution"
    if not isinstance(error, BadBundleError):
        return "lifecycle_manager_install"
    return "plugin_validation" if error.reason in _MANIFEST_REASONS else "file_extraction"
