"""What there is to say of a bundle."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pluginhub.errors import BadBundleError

Severity = Literal["error", "warning", "note"]
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that its author should know.

    Attributes:
        code: For programs; what publishing refuses has the code that it refuses it with.
        severity: ``error``: publishing refuses it, or it can work for nobody; ``warning``: it may
            not be what was meant; ``note``: how it is.
        message: For people.
        file: Within the bundle; empty for all of it.
        line: From 1, or None.
        column: From 1, or None.
    """

    code: str
    severity: Severity
    message: str
    file: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        word = "" if self.severity == "error" else f"{self.severity}: "
        return f"{place}: {word}{self.message}" if place else f"{word}{self.message}"

    @property
    def is_error(self) -> bool:
        """Whether it has to be mended."""
        return self.severity == "error"

    def as_json(self) -> dict[str, Any]:
        """Return all of it."""
        return asdict(self)

    @property
    def order(self) -> tuple[int, str, int, int]:
        """What to sort by: what matters most first, then by place."""
        return _ORDER.index(self.severity), self.file, self.line or 0, self.column or 0


def refused(error: BadBundleError) -> Finding:
    """Return what an error of the readers says."""
    return Finding(error.code, "error", error.message, str(error.fields.get("entry", "")))
