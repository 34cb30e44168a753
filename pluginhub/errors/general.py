"""What can go wrong anywhere, and the root of all errors."""

from typing import Any


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


class BadBackupError(HubError):
    """A backup cannot be restored: it is none, is damaged, or comes from a newer pluginhub."""

    code = "bad-backup"


class BadSourceError(HubError):
    """What was to be migrated cannot be read, or is something else."""

    code = "bad-source"


class InvalidError(HubError):
    """A value from outside breaks a rule; the message names the value and the rule."""

    code = "invalid"


class QuotaError(InvalidError):
    """A user would store more than everybody may; ``quota`` says of what."""

    code = "quota-exceeded"


class MalformedError(HubError):
    """What was sent cannot be read at all: it is no JSON, or JSON that readers understand apart."""

    code = "malformed"


class UnauthenticatedError(HubError):
    """Nobody is signed in, or what was shown as proof is not valid."""

    code = "unauthenticated"


class ForbiddenError(HubError):
    """The one who asks is known, and may not do this."""

    code = "forbidden"


class NotFoundError(HubError):
    """There is no such thing, or none that the one who asks may know of."""

    code = "not-found"


class GoneError(NotFoundError):
    """There was such a release, and it was removed because nobody had it any more."""

    code = "gone"


class ConflictError(HubError):
    """The request is sound, but what exists stands against it."""

    code = "conflict"


class IdempotencyKeyReusedError(ConflictError):
    """A key that makes sure that a request acts once came with another request before."""

    code = "idempotency-key-reused"


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


class PreconditionFailedError(HubError):
    """What was to be changed is no longer as the client saw it (If-Match, RFC 9110 13.1.1)."""

    code = "precondition-failed"


class TooManyRequestsError(HubError):
    """Somebody asks too often; ``retry_after`` says in how many seconds to come back."""

    code = "too-many-requests"


class TooLargeError(HubError):
    """What was sent is larger than a configured limit."""

    code = "too-large"


class TooSlowError(HubError):
    """What is being sent comes so slowly that nobody waits for it."""

    code = "too-slow"


class UnsupportedMediaTypeError(HubError):
    """A body came in a form that this address does not read."""

    code = "unsupported-media-type"


class NoSpaceError(HubError):
    """The disk has less free space than the configured reserve."""

    code = "no-space"


class NotReadyError(HubError):
    """Nothing can be changed at the moment; what is there can be read."""

    code = "not-ready"


class SafeModeError(NotReadyError):
    """The server runs in safe mode, in which no code of plugins runs and nothing is removed."""

    code = "safe-mode"


class BusyError(HubError):
    """The server cannot do this now; the same request may succeed in a moment."""

    code = "busy"
