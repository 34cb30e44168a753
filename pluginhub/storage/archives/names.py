"""Rules for names in bundles, judged as text: what is refused, and what is left out.

A name that passes means the same file on Linux, macOS and Windows (reliability Z1, Z9-Z12).
"""

import re
import unicodedata

from pluginhub.errors import BadBundleError, BundleReason

_MAX_PATH = 1024  # bytes
_MAX_COMPONENT = 255  # bytes, what common file systems take
_DRIVE = re.compile(r"[A-Za-z]:")
_FORBIDDEN = frozenset('<>:"|?*\\')
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{number}" for port in ("com", "lpt") for number in range(10)]
)
_LEFT_OUT = frozenset({"__pycache__", "node_modules"})


def left_out(component: str) -> bool:
    """Return whether something of this name, and all below it, is no part of a release."""
    return component.startswith(".") or component in _LEFT_OUT


def components(name: str, max_depth: int) -> tuple[str, ...]:
    """Split the name of an entry, or refuse it; nothing is repaired.

    Args:
        name: As it stands in the archive, without the trailing slash of a directory.
        max_depth: How many directories may be above a file.

    Returns:
        The parts between the slashes, each a name that every platform takes.

    Raises:
        BadBundleError: ``absolute-path``, ``unsafe-path``, ``too-deep`` or ``bad-name``.
    """
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise _refused("absolute-path", name, "is an absolute path")
    parts = tuple(name.split("/"))
    if "\\" in name or not {"", ".", ".."}.isdisjoint(parts):
        raise _refused("unsafe-path", name, "is not a plain relative path")
    if len(parts) > max_depth + 1:
        raise _refused("too-deep", name, f"lies deeper than {max_depth} directories")
    if len(name.encode(errors="replace")) > _MAX_PATH:
        raise _refused("bad-name", name, f"is longer than {_MAX_PATH} bytes")
    for part in parts:
        if fault := _fault(part):
            raise _refused("bad-name", name, fault)
    return parts


def folded(path: str) -> str:
    """Return the form in which two names that a file system may confuse are equal."""
    return unicodedata.normalize("NFKC", path).casefold()


def _fault(part: str) -> str | None:
    if not part.isprintable():  # marks that turn the direction of writing are not, either
        return "contains a character that cannot be printed"
    if not unicodedata.is_normalized("NFC", part):
        return "is not in Unicode normal form C"
    if len(part.encode()) > _MAX_COMPONENT:
        return f"has a part longer than {_MAX_COMPONENT} bytes"
    if not _FORBIDDEN.isdisjoint(part) or part != part.rstrip(". "):
        return "is not a valid name on Windows"
    if folded(part.partition(".")[0].rstrip()) in _DEVICES:  # COM¹ is COM1
        return "is the name of a device on Windows"
    return None


def _refused(reason: BundleReason, name: str, fault: str) -> BadBundleError:
    shown = ascii(name if len(name) <= 200 else f"{name[:200]}...")  # noqa: PLR2004 - for a message
    return BadBundleError(reason, f"entry {shown} {fault}", entry=name[:200])
