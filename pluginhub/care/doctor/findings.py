"""What may be found, and how bad it is; ``docs/doctor.md`` explains every code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

SEVERITIES: Mapping[str, Severity] = {
    "cannot-start": "error",
    "safe-mode": "error",
    "disk-full": "error",
    "disk-low": "warning",
    "network-disk": "error",
    "database-damaged": "error",
    "sqlite-defect": "note",
    "clock-back": "warning",
    "modes-open": "warning",
    "secret-readable": "warning",
    "open-files": "warning",
    "sandbox-missing": "warning",
    "extra-missing": "warning",
    "no-proxy": "warning",
    "proxy-unknown": "warning",
    "registration-open": "warning",
    "metrics-public": "warning",
    "http-sources": "warning",
    "private-sources": "note",
    "no-admin": "warning",
    "yanked-in-use": "warning",
    "approval-waiting": "note",
    "updates-at-source": "note",
    "jobs-failed": "note",
    "incoming-failed": "warning",
    "webhook-failing": "warning",
    "hooks-rest": "warning",
    "cleanup-failing": "error",
    "cleanup-late": "warning",
    "backup-late": "warning",
    "backup-unreadable": "warning",
    "backup-none": "note",
}

_FEW = 5  # names that are told


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or will be.

    Attributes:
        code: A key of ``SEVERITIES``.
        cause: One sentence, with the figures.
        mend: The command or the setting that mends it.
    """

    code: str
    cause: str
    mend: str

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return SEVERITIES[self.code]


def some(names: Iterable[str]) -> str:
    """Return names for a sentence, not too many of them."""
    found = list(names)
    more = f" and {len(found) - _FEW} more" if len(found) > _FEW else ""
    return ", ".join(found[:_FEW]) + more
