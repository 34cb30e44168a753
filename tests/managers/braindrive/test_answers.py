import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text

from pluginhub.errors import HookAnswerError
from pluginhub.hooks import HookRefusedError
from pluginhub.managers.braindrive import answers


class Colour(Enum):
    RED = "red"
    DAY = date(2024, 5, 6)


class Shade(StrEnum):
    DARK = "dark"


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"success": True}, {"success": None}, {"error": "none"}, True, [], "text"],
    ids=str,
)
def test_an_answer_is_a_success_unless_it_denies_it(answer: object) -> None:
    answers.require_success(answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"success": False, "error": "No room", "message": "m"}, "No room"),
        ({"success": False, "error": "", "message": "Try again"}, "Try again"),
        ({"success": False, "error": None, "details": "The disk"}, "The disk"),
        ({"success": False, "details": {"a": 1}}, "the plugin says that it did not succeed"),
        ({"success": False}, "the plugin says that it did not succeed"),
        (False, "the plugin says that it did not succeed"),
    ],
    ids=str,
)
def test_a_denial_is_a_refusal_in_the_plugins_words(answer: object, message: str) -> None:
    with pytest.raises(HookRefusedError) as caught:
        answers.require_success(answer)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ({"exists": True, "status": "healthy"}, "healthy", ""),
        ({"exists": True, "status": "unhealthy"}, "unhealthy", ""),
        ({"exists": True, "status": "files_missing"}, "unhealthy", "files missing"),
        ({"exists": True, "status": "modules_corrupted"}, "unhealthy", "modules corrupted"),
        ({"exists": True, "status": "unknown"}, "unknown", ""),
        ({"exists": True, "status": "activated"}, "unknown", "activated"),
        ({"exists": True, "status": None}, "unknown", "None"),
        ({"exists": True}, "unknown", ""),
        ({"exists": False, "status": "not_installed"}, "not-installed", ""),
        ({"exists": False}, "not-installed", ""),
        ({"status": "not_installed"}, "not-installed", ""),
        ({"exists": False, "status": "error", "error": "No table"}, "unknown", "No table"),
        ({"installed": True, "version": "1"}, "healthy", ""),
        ({"installed": True, "status": "unhealthy"}, "unhealthy", ""),
        ({"installed": False, "message": "Not there"}, "not-installed", "Not there"),
        ({"status": "healthy", "validation": {"valid": False, "error": "e"}}, "unhealthy", "e"),
        ({"status": "healthy", "validation": {"valid": True}}, "healthy", ""),
        ({"status": "healthy", "health": {"healthy": False}}, "unhealthy", "healthy"),
        ({"status": "healthy", "health": {"healthy": True}}, "healthy", ""),
        ({"status": "healthy", "validation": None, "health": "good"}, "healthy", ""),
        (None, "unknown", ""),
        ("healthy", "unknown", ""),
    ],
    ids=str,
)
def test_a_status_of_every_shape_is_one(answer: object, status: str, message: str) -> None:
    found = answers.status(answer)
    assert (found["status"], found["message"]) == (status, message)
    assert found["details"] == answer


def test_values_of_python_become_json() -> None:
    with create_engine("sqlite://").connect() as connection:
        row = connection.execute(text("SELECT 1 AS one, 'two' AS two")).one()
    value = {
        "plain": [None, True, 1, 1.5, "text"],
        "sequences": [(1, 2), {3}, frozenset({4})],
        "times": [datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC), date(2024, 5, 6), time(7, 8)],
        "path": PurePosixPath("/a/b"),
        "decimal": Decimal("1.10"),
        "uuid": UUID(int=1),
        "choices": [Colour.RED, Shade.DARK, {Colour.RED: Colour.DAY}],
        "row": row,
        5: "number",
    }
    expected = {
        "plain": [None, True, 1, 1.5, "text"],
        "sequences": [[1, 2], [3], [4]],
        "times": ["2024-05-06 07:08:09+00:00", "2024-05-06", "07:08:00"],
        "path": "/a/b",
        "decimal": "1.10",
        "uuid": "00000000-0000-0000-0000-000000000001",
        "choices": ["red", "dark", {"red": "2024-05-06"}],
        "row": {"one": 1, "two": "two"},
        "5": "number",
    }
    assert answers.exact(value) == expected
    assert answers.readable(value) == expected


@pytest.mark.parametrize("value", [b"bytes", 1j, ValueError("x"), math.nan, -math.inf], ids=str)
def test_what_is_no_json_is_text_to_read_and_nothing_to_keep(value: Any) -> None:
    assert answers.readable({"deep": [value]}) == {"deep": [str(value)]}
    with pytest.raises(HookAnswerError, match=r"^(a \w+|nan|-?inf) cannot be written as JSON$"):
        answers.exact({"deep": [value]})
