"""What can be wrong with a bundle, and with where it comes from."""

from typing import Any, Literal

from pluginhub.errors.general import HubError

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


class SourceError(HubError):
    """A bundle could not be loaded from where it was said to be.

    Args:
        reason: ``bad-url``, ``refused-address``, ``unreachable``, ``not-found``, ``rate-limited``
            (with ``reset_at``, seconds since 1970), ``bad-answer``, ``too-large``,
            ``digest-mismatch``; with the prefix ``source-`` this becomes ``code``.
        message: One sentence.
        **fields: For instance ``url``, without what may be secret in it.
    """

    def __init__(self, reason: str, message: str, **fields: Any) -> None:
        super().__init__(message, reason=reason, **fields)
        self.reason = reason
        self.code = f"source-{reason}"
