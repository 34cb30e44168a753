"""What a bundle's changelog says of the releases between two versions."""

import re
from collections.abc import Iterator

from pluginhub import versions
from pluginhub.errors import InvalidError

_HEADING = re.compile(r"#{1,3}[ \t]+(.*)")
_VERSION = re.compile(r"v?([0-9][0-9A-Za-z.+!-]{0,63})")
_MAX_LENGTH = 4000  # characters: a plan is read by people


def between(text: str, left: str, reached: str) -> str | None:
    """Return the sections of a changelog that are news to somebody who updates.

    Args:
        text: Markdown with one heading for each version.
        left: The version that the user is on.
        reached: The version that the user goes to.

    Returns:
        The sections of versions above ``left`` up to ``reached``, cut to 4000 characters, or
        None if there are none (for instance because the way leads down).
    """
    low, high = versions.key(left), versions.key(reached)
    sections = [body for version, body in _sections(text) if low < version <= high]
    return "\n".join(sections)[:_MAX_LENGTH].strip() or None


def _sections(text: str) -> Iterator[tuple[versions.Key, str]]:
    current: versions.Key | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), "# "]:
        heading = _HEADING.match(line)
        if heading is None or (line.startswith("###") and current is not None):
            lines.append(line)
            continue
        if current is not None:
            yield current, "\n".join(lines)
        current, lines = _version_of(heading[1]), [line]


def _version_of(heading: str) -> versions.Key | None:
    for found in _VERSION.finditer(heading):
        try:
            return versions.key(found[1])
        except InvalidError:
            continue
    return None
