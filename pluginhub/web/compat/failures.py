"""Failed installations, in the words that the frontend's progress display knows.

Each names the step that failed, which the frontend marks, and says what may help.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

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
    SourceError,
)
from pluginhub.web.problems import STATUS, CompatError

Step = Literal[
    "url_parsing",
    "release_lookup",
    "download_and_extract",
    "file_extraction",
    "plugin_validation",
    "lifecycle_manager_install",
    "lifecycle_manager_execution",
    "setup_and_copy",
]

_REFUSALS = (
    BadBundleError,
    ConflictError,
    ForbiddenError,
    HookError,
    NoSpaceError,
    NotFoundError,
    SourceError,
)
# The hook did not even come to refuse.
_EXECUTION = (
    HookAnswerError,
    HookKilledError,
    HookRaisedError,
    HooksSuspendedError,
    HookTimeoutError,
)
_MANIFEST_REASONS = frozenset({"no-manifest", "bad-manifest", "bad-version"})
# What the frontend is told of each step, of all that is known.
_TOLD: Mapping[Step, tuple[str, ...]] = {
    "url_parsing": ("repo_url",),
    "release_lookup": ("repo_owner", "repo_name", "requested_version"),
    "download_and_extract": ("release_version",),
    "file_extraction": ("filename",),
    "plugin_validation": (),
    "lifecycle_manager_install": ("user_id",),
    "lifecycle_manager_execution": ("user_id",),
    "setup_and_copy": (),
}
_MESSAGES: Mapping[Step, str] = {
    "url_parsing": "Invalid repository URL format",
    "release_lookup": "Release lookup failed",
    "download_and_extract": "Download failed",
    "file_extraction": "Extraction failed",
    "plugin_validation": "Plugin validation failed",
    "lifecycle_manager_install": "Plugin installation failed",
    "lifecycle_manager_execution": "Installation process failed",
    "setup_and_copy": "Plugin installation setup failed",
}
_SUGGESTIONS: Mapping[Step, list[str]] = {
    "url_parsing": [
        "Name a repository as https://github.com/owner/name",
        "Check the address for typing errors",
    ],
    "release_lookup": [
        "Check that the repository is public and has a release",
        "Use 'latest' as the version",
    ],
    "download_and_extract": [
        "Check that the release has a .zip or .tar.gz file that can be downloaded",
        "Try again later, or upload the file instead",
    ],
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
        "Mend the hook that failed, and install the plugin again",
    ],
    "setup_and_copy": ["Free some space on the server, or lower storage.disk_reserve"],
}


@contextmanager
def of_step(step: Step, told: Mapping[str, Any], *always: str) -> Iterator[None]:
    """Answer what fails in the block as a failure of this step, or of one that it includes.

    Args:
        step: What the block does.
        told: What is known of the installation, by the frontend's names.
        *always: Names of what is told whatever the step.

    Raises:
        CompatError: In place of an error that says what is wrong with the bundle, with where it
            comes from, or with installing it.
    """
    try:
        yield
    except _REFUSALS as error:
        raise _failure(error, _precisely(error, step), told, always) from error


def _precisely(error: HubError, step: Step) -> Step:
    if isinstance(error, SourceError):
        return "url_parsing" if error.reason == "bad-url" else step
    if isinstance(error, BadBundleError):
        return "plugin_validation" if error.reason in _MANIFEST_REASONS else step
    if isinstance(error, NoSpaceError):
        return "setup_and_copy"
    execution = isinstance(error, _EXECUTION)
    return "lifecycle_manager_execution" if execution else "lifecycle_manager_install"


def _failure(
    error: HubError, step: Step, told: Mapping[str, Any], always: tuple[str, ...]
) -> CompatError:
    message = f"{_MESSAGES[step]}: {error.message}"
    if step == "release_lookup" and error.code == "source-not-found":
        where = f"{told['repo_owner']}/{told['repo_name']}"
        version = told["requested_version"]
        message = f"No release found for version: {version} in repository {where}"
    details = {name: told[name] for name in (*always, *_TOLD[step]) if name in told}
    if isinstance(error, SourceError):
        details = {**error.fields, **details}
    if step == "plugin_validation":
        details["validation_error"] = error.message
    if step in {"lifecycle_manager_install", "lifecycle_manager_execution"}:
        details["plugin_slug"] = error.fields.get("slug")
    if step in {"lifecycle_manager_execution", "setup_and_copy"}:
        details["exception_type"] = type(error).__name__
    if always:
        details["error"] = message
    details |= {"step": step, "code": error.code}
    status = STATUS[NoSpaceError] if isinstance(error, NoSpaceError) else 400
    return CompatError(
        status, {"message": message, "details": details, "suggestions": _SUGGESTIONS[step]}
    )
