"""What can go wrong, in the words of the domain.

Nothing here knows HTTP: ``web/problems.py`` maps these classes to statuses, and the command
line prints their messages. Every error carries a stable ``code`` for programs, a sentence for
people, and ``fields`` with the identifiers that the sentence names.
"""

from pluginhub.errors.bundles import (
    BadBundleError,
    BundleReason,
    SourceError,
)
from pluginhub.errors.general import (
    AlreadyInstalledError,
    BusyError,
    ConfigError,
    ConfigRefusedError,
    ConflictError,
    DataDirectoryError,
    DataDirectoryInUseError,
    ForbiddenError,
    HubError,
    InvalidError,
    MalformedError,
    MissingExtraError,
    NoSpaceError,
    NotFoundError,
    PlanChangedError,
    PreconditionFailedError,
    ReleaseExistsError,
    StillNeededError,
    TooComplexError,
    TooLargeError,
    TooManyRequestsError,
    UnauthenticatedError,
    UnsatisfiableError,
    UnsupportedMediaTypeError,
    YankedError,
)
from pluginhub.errors.hooks import (
    HookAnswerError,
    HookError,
    HookKilledError,
    HookRaisedError,
    HooksSuspendedError,
    HookTimeoutError,
)

__all__ = [
    "AlreadyInstalledError",
    "BadBundleError",
    "BundleReason",
    "BusyError",
    "ConfigError",
    "ConfigRefusedError",
    "ConflictError",
    "DataDirectoryError",
    "DataDirectoryInUseError",
    "ForbiddenError",
    "HookAnswerError",
    "HookError",
    "HookKilledError",
    "HookRaisedError",
    "HookTimeoutError",
    "HooksSuspendedError",
    "HubError",
    "InvalidError",
    "MalformedError",
    "MissingExtraError",
    "NoSpaceError",
    "NotFoundError",
    "PlanChangedError",
    "PreconditionFailedError",
    "ReleaseExistsError",
    "SourceError",
    "StillNeededError",
    "TooComplexError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnauthenticatedError",
    "UnsatisfiableError",
    "UnsupportedMediaTypeError",
    "YankedError",
]
