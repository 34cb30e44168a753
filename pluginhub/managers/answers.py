"""Reads what a hook process answered, which is not to be trusted."""

import json
import signal
from dataclasses import dataclass
from typing import Any, Literal, Never

from pluginhub.errors import (
    HookAnswerError,
    HookError,
    HookKilledError,
    HookRaisedError,
    HookTimeoutError,
    HubError,
    MissingExtraError,
)
from pluginhub.managers.job import MOST_BYTES

Kind = Literal[
    "result", "refused", "raised", "garbage", "missing-extra", "killed", "exited", "timeout"
]
_KINDS: tuple[Kind, ...] = ("refused", "raised", "garbage", "missing-extra")
_MESSAGE = 500  # characters


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a hook.

    Attributes:
        kind: ``result``, or how it failed.
        result: Of the hook; empty if it failed.
        message: Why it failed, printable.
    """

    kind: Kind
    result: dict[str, Any]
    message: str = ""


def read(exit_code: int, data: bytes) -> Answer:
    """Return what a hook process answered.

    Args:
        exit_code: Of the process; negative for the signal that ended it.
        data: What stands in the file of the answer.
    """
    if exit_code < 0:
        return Answer("killed", {}, f"its process ended by {_name(-exit_code)}")
    if exit_code or not data:
        return Answer("exited", {}, f"its process exited with {exit_code} before it answered")
    if len(data) > MOST_BYTES:
        return Answer("garbage", {}, f"more than {MOST_BYTES} bytes")
    try:
        return _parsed(json.loads(data, parse_constant=_refuse))
    except (ValueError, RecursionError) as error:
        return Answer("garbage", {}, printable(f"no JSON: {error}"))


def error(answer: Answer, *, hook: str, slug: str, version: str) -> HubError:
    """Return what to raise for an answer that is no result."""
    release, fields = f"{slug} {version}", {"hook": hook, "slug": slug, "version": version}
    if answer.kind == "missing-extra":
        return MissingExtraError(
            f"the {hook} hook of {release} needs what pip install 'pluginhub[braindrive]' installs",
            **fields,
        )
    kind, what = _FAILURES[answer.kind]
    return kind(f"the {hook} hook of {release} {what}: {answer.message}", **fields)


def reason(answer: Answer) -> str:
    """Return how a hook failed, without anything that the plugin said or chose.

    Args:
        answer: ``raised``, ``garbage``, ``exited``, ``killed`` or ``timeout``.
    """
    if answer.kind in {"killed", "timeout"}:
        return answer.message.removeprefix("it ")
    return _REASONS[answer.kind]


def printable(text: str) -> str:
    """Return a text in one line of a length that people read, with everything else escaped."""
    shown = "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text[:_MESSAGE])
    return shown[:_MESSAGE]


_FAILURES: dict[str, tuple[type[HookError], str]] = {
    "refused": (HookError, "refused"),
    "raised": (HookRaisedError, "failed"),
    "garbage": (HookAnswerError, "gave an answer that cannot be used"),
    "timeout": (HookTimeoutError, "was ended"),
    "killed": (HookKilledError, "did not answer"),
    "exited": (HookKilledError, "did not answer"),
}
_REASONS: dict[str, str] = {
    "raised": "raised an error",
    "garbage": "answered garbage",
    "exited": "its process exited before it answered",
}


def _parsed(document: object) -> Answer:
    match document:
        case {"result": dict(result)}:
            return Answer("result", result)
        case {"error": {"kind": kind, "message": str(message)}} if kind in _KINDS:
            return Answer(kind, {}, printable(message))
        case _:
            return Answer("garbage", {}, "no result and no error")


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no number")
