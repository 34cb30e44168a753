"""Ranges of versions, in the notations of npm and PEP 440.

A range is alternatives of spans between two keys of ``versions.key``. Bounds ignore builds:
``<=1.0.0`` allows ``1.0.0+b1``.
"""

import math
import re
from dataclasses import dataclass, field
from functools import lru_cache

from pluginhub import versions
from pluginhub.errors import InvalidError
from pluginhub.versions import Key

_MAX_LENGTH = 256
_MAX_VERSION = 64
_WRITTEN_IN_FULL = 3  # numbers of a semantic version; fewer name all that begin with them
_OPERATOR = re.compile(r"\^|~=|~|>=|>|<=|<|===|==|=|!=|")
_NUMBERS_OR_WILDCARDS = re.compile(r"(?:[0-9]+|[xX*])(?:\.(?:[0-9]+|[xX*]))*")
_RELEASE = re.compile(r"(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)")
_BOTTOM: Key = ()
_TOP: Key = (math.inf,)


@dataclass(frozen=True, slots=True)
class _Version:
    """A version as a range writes it: perhaps in part, perhaps with a wildcard."""

    text: str
    epoch: int
    numbers: tuple[int, ...]
    wildcard: bool
    key: Key | None  # only if there is more than numbers

    @property
    def partial(self) -> bool:
        written = len(self.numbers) >= _WRITTEN_IN_FULL
        return self.wildcard or (self.key is None and not written)

    def exact(self) -> Key:
        return self.key or versions.key(".".join(map(str, self.numbers)))

    def first(self, *, prereleases: bool) -> Key:
        """Return what this version, and what begins like it, does not go below."""
        if not self.numbers:
            return _BOTTOM
        if prereleases and self.partial:
            return versions.lowest(self.epoch, self.numbers)
        return self.exact()[:3]

    def raised(self, position: int) -> "_Version":
        """Return the next version, written in part, with another number at ``position``."""
        numbers = (*self.numbers[:position], self.numbers[position] + 1)
        return _Version(self.text, self.epoch, numbers, wildcard=True, key=None)


@dataclass(frozen=True, slots=True)
class _Span:
    """From ``low`` to below ``high``, or all but that."""

    low: Key
    high: Key
    low_of_prereleases: Key
    inside: bool = True
    prerelease: Key | None = None  # epoch and numbers of a pre-release that the range names

    def holds(self, key: Key, *, prereleases: bool) -> bool:
        low = self.low_of_prereleases if prereleases else self.low
        return (low <= key < self.high) is self.inside


@dataclass(frozen=True, slots=True)
class Range:
    """A set of versions; ``str`` gives it as it was written."""

    text: str
    exactly: str | None = field(compare=False)  # the version, if the range names just one
    _alternatives: tuple[tuple[_Span, ...], ...] = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    def allows(self, version: str, *, prereleases: bool = False) -> bool:
        """Return whether a version is in the range.

        Args:
            version: As ``versions.key`` takes it.
            prereleases: Whether a pre-release counts like any version. If not, it is in the
                range only where the range names a pre-release of the same release.

        Raises:
            InvalidError: The version has no order.
        """
        key = versions.key(version)
        named_only = not prereleases and versions.is_prerelease_key(key)
        return any(
            all(span.holds(key, prereleases=prereleases) for span in spans)
            and (not named_only or any(span.prerelease == key[:2] for span in spans))
            for spans in self._alternatives
        )


@lru_cache(maxsize=4096)
def parse(text: str) -> Range:
    """Read a range such as ``^1.2``, ``>=1.2, <2``, ``1.x || 3.0 - 4`` or ``~=1.4``.

    ``=1.2`` and ``==1.2`` mean exactly this version, ``1.2`` alone all that begin with it. Of
    builds, only an equality tells one from the other, and only if it names one.

    Args:
        text: At most 256 characters.

    Raises:
        InvalidError: The text is no range; the message says where it ends to be one.
    """
    shown = text[:_MAX_LENGTH].strip()
    if len(text) > _MAX_LENGTH:
        raise _refused(shown, f"is longer than {_MAX_LENGTH} characters")
    try:
        alternatives = [_comparators(part) for part in text.split("||")]
        spans = tuple(tuple(_span(*comparator) for comparator in part) for part in alternatives)
    except InvalidError as error:
        raise _refused(shown, error.message) from error
    only = alternatives[0] if len(alternatives) == 1 else []
    one = len(only) == 1 and only[0][0] != "!=" and _names_one(*only[0])
    exactly = only[0][1].text if one else None
    return Range(shown, exactly, spans)


def _refused(shown: str, problem: str) -> InvalidError:
    return InvalidError(f"{shown!r} is no range of versions: it {problem}", range=shown)


def _comparators(text: str) -> list[tuple[str, _Version]]:
    """Split what has to hold together into operators and versions."""
    parts = text.split(",")
    if len(parts) > 1 and not all(part.strip() for part in parts):
        raise InvalidError("has a comma with nothing on one side")
    return [comparator for part in parts for comparator in _between_commas(part.split())]


def _between_commas(words: list[str]) -> list[tuple[str, _Version]]:
    found: list[tuple[str, _Version]] = []
    words.reverse()
    while words:
        word = words.pop()
        operator = match.group() if (match := _OPERATOR.match(word)) else ""
        written = word[len(operator) :] or (words.pop() if words else "")
        if operator == "===" or not written:
            raise InvalidError(f"has {operator!r} where a version should follow")
        version = _version(written)
        if words and words[-1] == "-" and not operator:
            words.pop()
            if not words:
                raise InvalidError("ends with a hyphen")
            found += [("from", version), ("to", _version(words.pop()))]
        else:
            found.append((operator, version))
    return found


def _version(text: str) -> _Version:
    text = text[1:] if re.match(r"[vV][0-9]", text) else text
    if len(text) <= _MAX_VERSION and _NUMBERS_OR_WILDCARDS.fullmatch(text):
        parts = text.split(".")
        written = [part for part in parts if part.isdigit()]
        if parts[: len(written)] != written:
            raise InvalidError(f"has a number after a wildcard in {text!r}")
        return _Version(text, 0, tuple(map(int, written)), len(written) < len(parts), None)
    release = _RELEASE.match(text)
    try:
        key = versions.key(text)
    except InvalidError:
        key = None
    if key is None or release is None:
        raise InvalidError(f"has {text[:_MAX_VERSION]!r} where a version should be")
    numbers = tuple(map(int, release[2].split(".")))
    return _Version(text, key[0], numbers, wildcard=False, key=key)


def _span(operator: str, version: _Version) -> _Span:
    prerelease = None
    if version.key and versions.is_prerelease_key(version.key) and operator != "!=":
        prerelease = version.key[:2]
    return _Span(
        low=_low(operator, version, prereleases=False),
        low_of_prereleases=_low(operator, version, prereleases=True),
        high=_high(operator, version),
        inside=operator != "!=",
        prerelease=prerelease,
    )


def _low(operator: str, version: _Version, *, prereleases: bool) -> Key:
    if operator in {"<", "<=", "to"}:
        return _BOTTOM
    if operator == ">":
        return _after(version, prereleases=prereleases)
    if _names_one(operator, version):
        return _with_build_if_named(version)
    return version.first(prereleases=prereleases)


def _high(operator: str, version: _Version) -> Key:
    if operator in {">=", ">", "from"}:
        return _TOP
    if operator == "<":
        return version.first(prereleases=True)
    if operator in {"^", "~", "~="}:
        return _compatible_end(operator, version)
    if _names_one(operator, version):
        return versions.beyond(_with_build_if_named(version))
    return _after(version, prereleases=True)


def _names_one(operator: str, version: _Version) -> bool:
    if operator:
        return operator in {"=", "==", "!="} and not version.wildcard
    return not version.partial


def _with_build_if_named(version: _Version) -> Key:
    exact = version.exact()
    return exact if exact[3] else exact[:3]


def _after(version: _Version, *, prereleases: bool) -> Key:
    """Return what neither this version nor one that begins like it reaches."""
    if not version.partial:
        return versions.beyond(version.exact()[:3])
    if not version.numbers:
        return _TOP
    return version.raised(len(version.numbers) - 1).first(prereleases=prereleases)


def _compatible_end(operator: str, version: _Version) -> Key:
    last = len(version.numbers) - 1
    if operator == "~=" and (version.wildcard or last < 1):
        raise InvalidError("has '~=' before less than two numbers")
    if last < 0:
        return _TOP
    if operator == "^":
        meaningful = (place for place, number in enumerate(version.numbers) if number)
        position = next(meaningful, last)
    else:
        position = last - 1 if operator == "~=" else min(1, last)
    return version.raised(position).first(prereleases=True)
