"""Preconditions and ranges (RFC 9110, sections 13 and 14)."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from aiohttp import hdrs
from multidict import CIMultiDictProxy

Headers = CIMultiDictProxy[str]

_TAG = re.compile(r'(?:W/)?"[^"]*"')
_RANGE = re.compile(r"([0-9]{0,19})-([0-9]{0,19})")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes from ``start`` to before ``end``."""

    start: int
    end: int


def are_rare(headers: Headers) -> bool:
    """Return whether a request has conditions that no browser sends for what it loads."""
    return hdrs.RANGE in headers or hdrs.IF_MATCH in headers or hdrs.IF_UNMODIFIED_SINCE in headers


def has_failed(headers: Headers, etag: str, modified: int | None) -> bool:
    """Return whether If-Match or, without one, If-Unmodified-Since is not met: the answer is 412.

    Args:
        headers: Of the request.
        etag: Strong, with its quotes.
        modified: Seconds since 1970; None lets no date be met.
    """
    if (wanted := headers.get(hdrs.IF_MATCH)) is not None:
        return wanted.strip() != "*" and etag not in _TAG.findall(wanted)
    since = _seconds(headers.get(hdrs.IF_UNMODIFIED_SINCE))
    return since is not None and (modified is None or modified > since)


def is_known(headers: Headers, etag: str, modified: int | None) -> bool:
    """Return whether the client has the file: the answer is 304.

    Args:
        headers: Of a GET or HEAD request.
        etag: Strong, with its quotes.
        modified: Seconds since 1970; None lets no date be met.
    """
    if (known := headers.get(hdrs.IF_NONE_MATCH)) is not None:
        tags = (tag.removeprefix("W/") for tag in _TAG.findall(known))
        return known.strip() == "*" or etag in tags
    since = _seconds(headers.get(hdrs.IF_MODIFIED_SINCE))
    return since is not None and modified is not None and modified <= since


def part(headers: Headers, size: int, etag: str, modified: int | None) -> Part | None:
    """Return which part of a file is wanted, or None for all of it.

    Several ranges, other units and what cannot be read are ignored, as the RFC allows.

    Args:
        headers: Of a GET request.
        size: Bytes of the file.
        etag: Strong, with its quotes.
        modified: Seconds since 1970; None lets no date be met.

    Raises:
        ValueError: The range lies outside of the file: the answer is 416.
    """
    text = headers.get(hdrs.RANGE)
    if text is None or not _still_the_same(headers.get(hdrs.IF_RANGE), etag, modified):
        return None
    unit, _, ranges = text.partition("=")
    match = _RANGE.fullmatch(ranges.strip())
    if unit.lower() != "bytes" or match is None or match[0] == "-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # no valid range
    if start >= end:
        raise ValueError(text)
    return Part(start, end)


def _still_the_same(condition: str | None, etag: str, modified: int | None) -> bool:
    if condition is None:
        return True
    if '"' in condition:
        return condition.strip() == etag  # a weak tag never matches
    return modified is not None and _seconds(condition) == modified


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment: datetime = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return int(moment.timestamp()) if moment.tzinfo else None
