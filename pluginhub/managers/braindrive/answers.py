"""What existing plugins answer, in its several shapes, as one."""

import math
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from pluginhub.errors import HookAnswerError
from pluginhub.hooks import HookRefusedError

_STATUS = {
    "healthy": "healthy",
    "unhealthy": "unhealthy",
    "files_missing": "unhealthy",
    "modules_corrupted": "unhealthy",
    "not_installed": "not-installed",
}


def require_success(answer: object) -> None:
    """Pass an answer unless it says that the hook did not succeed.

    Raises:
        HookRefusedError: With the plugin's own words, if it has some.
    """
    if isinstance(answer, Mapping) and answer.get("success") is False:
        raise HookRefusedError(_words(answer) or "the plugin says that it did not succeed")
    if answer is False:
        raise HookRefusedError("the plugin says that it did not succeed")


def status(answer: object) -> dict[str, Any]:
    """Return ``status``, ``message`` and ``details`` of an answer of ``get_plugin_status``.

    ``status`` is ``healthy``, ``unhealthy``, ``unknown`` or ``not-installed``.
    """
    said = answer if isinstance(answer, Mapping) else {}
    word = _word(said)
    return {"status": word, "message": _explanation(said, word), "details": readable(answer)}


def readable(value: object) -> Any:
    """Return a value as JSON, with text for what is none."""
    return _plain(value, strict=False)


def exact(value: object) -> Any:
    """Return a value as JSON that means the same; times, paths, decimals and UUIDs become text.

    Raises:
        HookAnswerError: A part of it has no meaning in JSON.
    """
    return _plain(value, strict=True)


def _word(said: Mapping[str, Any]) -> str:
    word = str(said.get("status", ""))
    if said.get("exists") is False or said.get("installed") is False:
        return "unknown" if word == "error" else "not-installed"
    if _part(said, "validation", "valid") is False or _part(said, "health", "healthy") is False:
        return "unhealthy"
    if not word and said.get("installed") is True:
        return "healthy"
    return _STATUS.get(word, "unknown")


def _explanation(said: Mapping[str, Any], word: str) -> str:
    if words := _words(said) or _part(said, "validation", "error"):
        return str(words)
    raw = str(said.get("status", "")).replace("_", " ").replace("-", " ")
    return "" if raw in {"", word.replace("-", " ")} else raw


def _words(said: Mapping[str, Any]) -> str:
    for key in ("error", "message", "details"):
        if isinstance(said.get(key), str) and said[key]:
            return str(said[key])
    return ""


def _part(said: Mapping[str, Any], key: str, name: str) -> object:
    part = said.get(key)
    return part.get(name) if isinstance(part, Mapping) else None


def _plain(value: object, *, strict: bool) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, Row):
        value = value._mapping  # noqa: SLF001 - public, in spite of its name
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, strict=strict) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, strict=strict) for item in value]
    if strict and not isinstance(value, date | time | PurePath | Decimal | UUID):
        what = value if isinstance(value, float) else f"a {type(value).__name__}"
        raise HookAnswerError(f"{what} cannot be written as JSON")
    return str(value)


def _key(key: object) -> str:
    return str(key.value if isinstance(key, Enum) else key)
