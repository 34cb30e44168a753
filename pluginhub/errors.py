"""What can go wrong, in the words of the domain.

Nothing here knows HTTP: ``web/problems.py`` maps these classes to statuses, and the command
line prints their messages. Every error carries a stable ``code`` for programs, a sentence for
people, and ``fields`` with the identifiers that the sentence names.
"""

from typing import Any, Literal


class HubError(Exception):
    """Root of all errors that pluginhub raises on purpose.

    Args:
        message: One sentence for a person: what is wrong and, where it helps, what to do.
        **fields: The identifiers involved, JSON-serialisable, never a secret.
    """

    code = "error"

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.message = message
        self.fields = fields


class ConfigError(HubError):
    """A setting is unknown, has a wrong type, or cannot work on this machine."""

    code = "bad-config"


class DataDirectoryError(HubError):
    """The data directory cannot be used as it is."""

    code = "data-directory"


class DataDirectoryInUseError(DataDirectoryError):
    """Another process holds the lock of the data directory."""

    code = "data-directory-in-use"


class InvalidError(HubError):
    """A value from outside breaks a rule; the message names the value and the rule."""

    code = "invalid"


class UnauthenticatedError(HubError):
    """Nobody is signed in, or what was shown as proof is not valid."""

    code = "unauthenticated"


class ForbiddenError(HubError):
    """The one who asks is known, and may not do this."""

    code = "forbidden"


class NotFoundError(HubError):
    """There is no such thing, or none that the one who asks may know of."""

    code = "not-found"


class ConflictError(HubError):
    """The request is sound, but what exists stands against it."""

    code = "conflict"


class AlreadyInstalledError(ConflictError):
    """The user already has this plugin."""

    code = "already-installed"


class StillNeededError(ConflictError):
    """Another plugin of the user needs what was to go."""

    code = "still-needed"


class YankedError(ConflictError):
    """The release was withdrawn: nobody new gets it."""

    code = "yanked"


class PlanChangedError(ConflictError):
    """A plan was to be applied, and what it rests on is no longer as it was."""

    code = "plan-changed"


class UnsatisfiableError(ConflictError):
    """No set of releases meets all dependencies; the message explains which stand in the way."""

    code = "unsatisfiable"


class TooComplexError(UnsatisfiableError):
    """The dependencies could not be resolved within the time that one request gets."""

    code = "too-complex"


class ConfigRefusedError(ConflictError):
    """A release's ``config_schema`` refuses a configuration; ``problems`` has the paths."""

    code = "config-refused"


class MissingExtraError(ConflictError):
    """The plugin's hooks need a library that is not installed with this pluginhub."""

    code = "missing-extra"


class ReleaseExistsError(ConflictError):
    """This version is published with other bytes, and the bytes of a release never change."""

    code = "release-exists"


class TooLargeError(HubError):
    """What was sent is larger than a configured limit."""

    code = "too-large"


class UnsupportedMediaTypeError(HubError):
    """A body came in a form that this address does not read."""

    code = "unsupported-media-type"


class NoSpaceError(HubError):
    """The disk has less free space than the configured reserve."""

    code = "no-space"


class BusyError(HubError):
    """The server cannot do this now; the same request may succeed in a moment."""

    code = "busy"


class HookError(HubError):
    """A hook of a plugin did not do its work; what it was to change is unchanged.

    Args:
        message: With the plugin's own words, cut to a length that people read.
        **fields: ``slug``, ``version``, ``hook``.
    """

    code = "hook-failed"


class HookTimeoutError(HookError):
    """A hook took longer than ``lifecycle.hook_timeout`` and was ended."""

    code = "hook-timeout"


class HookKilledError(HookError):
    """The process that ran a hook ended before it answered."""

    code = "hook-killed"


class HookAnswerError(HookError):
    """A hook answered something that cannot be used: too large, not JSON, foreign rows."""

    code = "hook-answer"


class HooksSuspendedError(HookError):
    """The hooks of a release failed too often in a row, and rest for ``retry_after`` seconds."""

    code = "hooks-suspended"


BundleReason = Literal[
    "absolute-path",
    "bad-manifest",
    "bad-name",
    "bad-version",
    "case-clash",
    "corrupt",
    "duplicate-name",
    "encrypted",
    "expands-too-much",
    "link",
    "no-manifest",
    "not-an-archive",
    "special-file",
    "too-deep",
    "too-large",
    "too-many-entries",
    "trailing-data",
    "truncated",
    "unsafe-path",
    "unsupported",
]


class BadBundleError(HubError):
    """A bundle is refused as a whole; nothing of it is kept.

    Args:
        reason: Which rule it breaks; with the prefix ``bundle-`` this becomes ``code``.
        message: One sentence that names the entry or the manifest key.
        **fields: For instance ``entry``, the name inside the archive.
    """

    def __init__(self, reason: BundleReason, message: str, **fields: Any) -> None:
        super().__init__(message, reason=reason, **fields)
        self.reason = reason
        self.code = f"bundle-{reason}"
