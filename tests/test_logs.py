import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from pluginhub import logs
from pluginhub.config import Log

Format = Literal["text", "json"]
PASSWORD = "hunter2"
ODD = "first\nsecond\r\x1b[31m\u2028\u202e"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def fail(password: str) -> None:
    secret = password[::-1]
    raise ValueError(len(secret))


def log_failure(log: Any) -> None:
    try:
        fail(PASSWORD)
    except ValueError:
        log.exception("it failed")


@pytest.mark.parametrize("name", ["pluginhub.x", "aiohttp.server"])
def test_a_line_of_json_has_all_that_a_collector_needs(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    logs.set_up(Log(format="json"))
    structlog.get_logger(name).warning("an event", path=ODD, n=1)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "an event", "level": "warning", "logger": name, "path": ODD, "n": 1}


def test_a_line_of_another_library_has_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Log(format="json"))
    logging.getLogger("aiohttp.server").error("odd %s", ODD)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("timestamp")
    assert line == {"event": f"odd {ODD}", "level": "error", "logger": "aiohttp.server"}


def test_a_line_of_text_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Log(format="text"))
    structlog.get_logger("pluginhub.x").info("an event", path="/a b", n=1)
    line = capsys.readouterr().err
    for part in ("info", "an event", "pluginhub.x", "path='/a b'", "n=1"):
        assert part in line


def test_only_what_is_not_printable_is_escaped() -> None:
    assert logs.printable(ODD) == r"first\nsecond\r\x1b[31m\u2028\u202e"
    assert logs.printable("\ud800\t\x7f") == r"\ud800\t\x7f"
    assert logs.printable("plain [text] é \\") == "plain [text] é \\"


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_is_logged_can_begin_another_line_or_move_the_cursor(
    capsys: pytest.CaptureFixture[str], form: Format
) -> None:
    logs.set_up(Log(format=form))
    structlog.get_logger("x").info(ODD, path=ODD)
    logging.getLogger("aiohttp").info("%s", ODD)
    lines = capsys.readouterr().err.split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("get_logger", [structlog.get_logger, logging.getLogger])
def test_a_traceback_is_logged_without_the_values_of_variables(
    capsys: pytest.CaptureFixture[str], form: Format, get_logger: Any
) -> None:
    logs.set_up(Log(format=form))
    log_failure(get_logger("x"))
    output = capsys.readouterr().err
    for part in ("it failed", "ValueError", "log_failure", "test_logs.py"):
        assert part in output
    assert PASSWORD not in output
    assert PASSWORD[::-1] not in output


def test_a_traceback_in_json_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Log(format="json"))
    log_failure(structlog.get_logger("x"))
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["exception"][0]["exc_type"] == "ValueError"


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", "debug info warning error"),
        ("info", "info warning error"),
        ("warning", "warning error"),
        ("error", "error"),
    ],
)
@pytest.mark.parametrize("get_logger", [structlog.get_logger, logging.getLogger])
def test_what_is_below_the_level_is_left_out(
    capsys: pytest.CaptureFixture[str], level: Any, expected: str, get_logger: Any
) -> None:
    logs.set_up(Log(format="json", level=level))
    for name in ("debug", "info", "warning", "error"):
        getattr(get_logger("x"), name)("event")
    lines = capsys.readouterr().err.splitlines()
    assert " ".join(json.loads(line)["level"] for line in lines) == expected


def test_a_second_set_up_takes_the_place_of_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up(Log(format="text"))
    logs.set_up(Log(format="json"))
    structlog.get_logger("x").info("event")
    assert json.loads(capsys.readouterr().err)["event"] == "event"
