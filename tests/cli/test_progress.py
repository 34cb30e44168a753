from pathlib import Path

import pytest

from pluginhub.cli import progress
from pluginhub.cli.context import Context

CONTEXT = Context(None, {}, as_json=False, quiet=False)


def test_without_a_terminal_a_line_comes_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    with progress.shown(CONTEXT, "verify") as report:
        report(1, 90)
        now = 110.5
        report(30, 90)
        report(31, 90)
        now = 125.0
        report(90, 90)
    monkeypatch.undo()
    assert capsys.readouterr() == ("", "verify: 30 of 90\nverify: 90 of 90\n")


def test_a_terminal_gets_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.shown(CONTEXT, "verify") as report:
        report(30, 90)
    monkeypatch.undo()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "verify" in shown.err
    assert "30/90" in shown.err


@pytest.mark.parametrize("wanted", [{"quiet": True}, {"as_json": True}])
def test_who_wants_quiet_or_json_sees_none(
    wanted: dict[str, bool], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SELDOM", 0.0)
    options = {"quiet": False, "as_json": False, **wanted}
    with progress.shown(Context(Path("x"), {}, **options), "verify") as report:
        report(30, 90)
    assert capsys.readouterr() == ("", "")
