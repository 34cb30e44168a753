"""The process of a hook by itself, as it is started where there is no fork."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pluginhub.managers.interpreter import command, environment
from tests.managers.workshop import MEMORY, installing

pytestmark = pytest.mark.timeout(30)  # a fresh process each


def run(tmp_path: Path, source: str, **changes: Any) -> tuple[Any, str]:
    """Run a hook, and return its answer and what it printed."""
    release, scratch = tmp_path / "release", tmp_path / "scratch"
    for folder in (release, scratch):
        folder.mkdir(exist_ok=True)
    (release / "hooks.py").write_text(source)
    request = {
        "hook": "install",
        "slug": "Clock",
        "version": "1.0.0",
        "contract": "pluginhub",
        "path": str(release),
        "hooks": "hooks.py",
        "scratch": str(scratch),
        "memory": MEMORY,
        "data": {"user_id": "u", "user_name": "ann", "config": {}},
        **changes,
    }
    (tmp_path / "request").write_text(json.dumps(request))
    with (
        (tmp_path / "request").open() as asked,
        (tmp_path / "answer").open("wb") as answer,
        (tmp_path / "output").open("wb") as output,
    ):
        subprocess.run(
            command("pluginhub.managers.job"),
            stdin=asked,
            stdout=answer,
            stderr=output,
            env=environment(),
            check=True,
        )
    text = (tmp_path / "answer").read_text()
    return json.loads(text), (tmp_path / "output").read_text()


def failed(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message}}


def test_a_result_is_answered(tmp_path: Path) -> None:
    answer, output = run(tmp_path, installing("context.config['ä'] = [1, None]"))
    assert answer == {"result": {"config": {"ä": [1, None]}}}
    assert output == ""


def test_what_is_printed_goes_to_the_output(tmp_path: Path) -> None:
    body = """
        print("one ä \\udc80")
        sys.stderr.write("two\\n")
        os.write(1, b"three\\n")
        subprocess.run(["echo", "four"])
        sys.stdout.write("five")
    """
    answer, output = run(tmp_path, installing(body))
    assert answer == {"result": {"config": {}}}
    assert output == "one ä \\udc80\ntwo\nthree\nfour\nfive"


def test_a_closed_output_does_not_spoil_the_answer(tmp_path: Path) -> None:
    for body in ("print(1, end=''); os.close(1)", "sys.stdout = None", "sys.stdout.close()"):
        assert run(tmp_path, installing(body))[0] == {"result": {"config": {}}}


def test_an_exception_is_answered_and_its_traceback_printed(tmp_path: Path) -> None:
    answer, output = run(tmp_path, installing("raise LookupError('why')"))
    assert answer == failed("raised", "LookupError: why")
    assert "on_install" in output
    assert output.endswith("LookupError: why\n")


def test_a_refusal_is_no_accident(tmp_path: Path) -> None:
    answer, output = run(tmp_path, installing("raise HookRefusedError('buy the other one')"))
    assert answer == failed("refused", "buy the other one")
    assert output == ""


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x =", "SyntaxError: "),
        ("x = 1\0", "source code string cannot contain null bytes"),
        ("raise SystemExit", "SystemExit"),
        ("import missing_module", "ModuleNotFoundError: No module named 'missing_module'"),
        ("x = 1", "TypeError: hooks.py must define one class"),
    ],
)
def test_a_file_that_cannot_be_imported_is_an_error_of_the_plugin(
    tmp_path: Path, source: str, message: str
) -> None:
    answer, _ = run(tmp_path, source)
    assert answer["error"]["kind"] == "raised"
    assert message in answer["error"]["message"]


def test_what_is_no_json_is_garbage(tmp_path: Path) -> None:
    answer, _ = run(tmp_path, installing("context.config['x'] = {1}"))
    assert answer["error"]["kind"] == "garbage"


def test_what_an_existing_plugin_may_not_answer_is_garbage(tmp_path: Path) -> None:
    source = """
class ThingsLifecycleManager:
    async def export_user_data(self, user_id, db):
        return {"x": b"x"}
"""
    data = {"user": {"id": "u", "name": "ann", "email": ""}, "rows": {}}
    answer, output = run(tmp_path, source, contract="braindrive", hook="export", data=data)
    assert answer == failed("garbage", "a bytes cannot be written as JSON")
    assert output == ""


@pytest.mark.parametrize(
    "body", ["sys.stdout.close(); sys.stderr.close()", "sys.stdout = sys.stderr = None"]
)
def test_a_hook_fails_in_its_own_words_where_it_cannot_print(tmp_path: Path, body: str) -> None:
    answer, _ = run(tmp_path, installing(f"{body}; raise LookupError('why')"))
    assert answer == failed("raised", "LookupError: why")


def test_calls_are_filtered(tmp_path: Path) -> None:
    body = """
        Path("file").touch(0o600)
        Path("file").chmod(0o644)
        context.config["mode"] = Path("file").stat().st_mode & 0o777
    """
    answer, _ = run(tmp_path, installing(body))
    assert answer == {"result": {"config": {"mode": 0o600}}}


def test_an_answer_may_have_4_mib(tmp_path: Path) -> None:
    most = 4 * 1024 * 1024
    frame = len('{"result": {"config": {"x": ""}}}')
    body = f"context.config['x'] = 'x' * ({most} - {frame} + int(context.user_name))"
    data = {"user_id": "u", "user_name": "0", "config": {}}
    assert "result" in run(tmp_path, installing(body), data=data)[0]
    answer, _ = run(tmp_path, installing(body), data={**data, "user_name": "1"})
    assert answer == failed("garbage", f"ValueError: {most + 1} bytes, and {most} are allowed")


def test_long_messages_are_cut(tmp_path: Path) -> None:
    answer, _ = run(tmp_path, installing("raise ValueError('x' * 5_000_000)"))
    assert len(answer["error"]["message"]) == 2000


def test_threads_and_exit_handlers_do_not_hold_it_up(tmp_path: Path) -> None:
    body = """
        import atexit
        atexit.register(time.sleep, 100)
        threading.Thread(target=time.sleep, args=(100,)).start()
    """
    assert run(tmp_path, installing(body))[0] == {"result": {"config": {}}}


def test_a_configuration_is_checked_without_code_of_the_plugin(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"zone": {"type": "string"}}}
    for config, count in (({"zone": "UTC"}, 0), ({"zone": 1}, 1)):
        data = {"schema": schema, "config": config}
        answer, _ = run(tmp_path, "1 / 0", hook="validate", contract=None, hooks=None, data=data)
        problems = answer["result"]["problems"]
        assert len(problems) == count
        assert all({"path", "problem"} == problem.keys() for problem in problems)


def test_a_missing_library_of_existing_plugins_is_told(tmp_path: Path) -> None:
    source = "raise ImportError('no', name='sqlalchemy.orm')"
    data = {"user": {"id": "u", "name": "ann", "email": ""}, "rows": {}}
    answer, _ = run(tmp_path, source, contract="braindrive", data=data)
    assert answer == failed("missing-extra", "ImportError: no")
    answer, _ = run(tmp_path, source)
    assert answer == failed("raised", "ImportError: no")
    answer, _ = run(tmp_path, source.replace("alchemy", ""), contract="braindrive", data=data)
    assert answer["error"]["kind"] == "raised"
