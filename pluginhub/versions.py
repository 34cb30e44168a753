"""The order of versions: semver where a version is semver, else PEP 440, else none.

Existing plugins follow neither convention strictly, and one plugin may mix both, so both are
mapped to one key: epoch, release numbers, stage, build.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from packaging.version import InvalidVersion, Version

from pluginhub.errors import InvalidError

Key = tuple[Any, ...]
Identifier = tuple[int, int, str]

# https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string
_NUMBER = r"(0|[1-9][0-9]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
    r"(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*))?"
    r"(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_IN_DEVELOPMENT = re.compile(r"\+(?:[0-9A-Za-z._-]+\.)?dev\.[0-9]+$")
_MAX_LENGTH = 64
_PRE, _FINAL, _POST = 0, 1, 2
_BEFORE_WORDS, _WORD, _AFTER_WORDS = 0, 1, 2
_DEV: Identifier = (-2, 0, "")
_LAST: Identifier = (_AFTER_WORDS + 1, 0, "")
_END: Identifier = (-1, 0, "")  # 1.0a1.dev1 < 1.0a1 < 1.0a1.post1


@lru_cache(maxsize=8192)
def key(version: str) -> Key:
    """Return what to sort by.

    Args:
        version: At most 64 characters, without a leading ``v``.

    Raises:
        InvalidError: The version is neither semver nor PEP 440.
    """
    if len(version) <= _MAX_LENGTH:
        if match := _SEMVER.fullmatch(version):
            return _semver_key(*match.groups())
        try:
            return _pep440_key(Version(version))
        except (InvalidVersion, ValueError):
            pass
    raise InvalidError(
        f"{version[:_MAX_LENGTH]!r} is neither a semantic version (1.2.3) nor a PEP 440 version",
        version=version[:_MAX_LENGTH],
    )


def is_prerelease(version: str) -> bool:
    """Return whether a version is an alpha, beta, candidate or development version."""
    return is_prerelease_key(key(version))


def is_prerelease_key(known: Key) -> bool:
    """Return the same of a version whose key is known."""
    stage = known[2]
    return stage[0] == _PRE or _DEV in stage


def lowest(epoch: int, numbers: tuple[int, ...]) -> Key:
    """Return what sorts directly before all pre-releases of a release."""
    return (epoch, _without_trailing_zeros(numbers), (_PRE,))


def beyond(known: Key) -> Key:
    """Return what sorts directly after a version: with its builds, if it is cut before them."""
    epoch, numbers, stage, *builds = known
    return (epoch, numbers, stage, (*builds[0], _END) if builds else (_LAST,))


def latest(versions: Iterable[str]) -> str:
    """Return the highest final version, or the highest pre-release if there is nothing else."""
    return max(versions, key=lambda version: (not is_prerelease(version), key(version)))


def in_development(version: str, number: int) -> str:
    """Return the version of a development release, higher than the version itself.

    A build is no pre-release: ranges that allow the version allow its builds.

    Args:
        version: As its manifest says.
        number: The higher, the later.
    """
    return f"{version}{'.' if '+' in version else '+'}dev.{number}"


def is_in_development(version: str) -> bool:
    """Return whether a version is one that only development releases have."""
    return bool(_IN_DEVELOPMENT.search(version))


def _semver_key(major: str, minor: str, patch: str, pre: str | None, build: str | None) -> Key:
    numbers = _without_trailing_zeros((int(major), int(minor), int(patch)))
    stage = (_PRE, *_identifiers(pre), _END) if pre else (_FINAL, _END)
    return (0, numbers, stage, _identifiers(build or "", numbers=_AFTER_WORDS))


def _pep440_key(version: Version) -> Key:
    stage: tuple[Any, ...] = (_FINAL,)
    if version.pre:
        letter, number = version.pre
        stage = (_PRE, (1, 0, letter), (0, number, ""))
    elif version.post is None and version.dev is not None:
        stage = (_PRE,)
    if version.post is not None:
        stage = (*(stage if version.pre else (_POST,)), (2, version.post, ""))
    if version.dev is not None:
        stage = (*stage, _DEV, (0, version.dev, ""))
    numbers = _without_trailing_zeros(version.release)
    local = _identifiers(version.local or "", numbers=_AFTER_WORDS)
    return (version.epoch, numbers, (*stage, _END), local)


def _identifiers(text: str, numbers: int = _BEFORE_WORDS) -> tuple[Identifier, ...]:
    """Numbers sort by value, before words in a pre-release (semver 11.4), after words in a build.

    Semver gives builds no order, so that of PEP 440's local versions is taken.
    """
    return tuple(
        (numbers, int(part), "") if part.isdigit() else (_WORD, 0, part)
        for part in text.split(".")
        if part
    )


def _without_trailing_zeros(numbers: tuple[int, ...]) -> tuple[int, ...]:
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers = numbers[:-1]
    return numbers
