"""What a hook process does: read the request, give up rights, run one hook, write the answer.

This is the boundary between pluginhub and the code of plugins, so whatever comes is caught.
"""

import asyncio
import contextlib
import importlib
import json
import os
import sys
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

from pluginhub.errors import HookAnswerError
from pluginhub.hooks import HookRefusedError
from pluginhub.managers import authored, sandbox, seccomp

MOST_BYTES = 4 * 1024 * 1024  # of an answer

# Imported when needed: a fresh process waits for it, and the second may lack its library.
_SCHEMAS = "pluginhub.config_schema"
_EXISTING = "pluginhub.managers.braindrive.contract"
_WARM = 20  # rounds after which the interpreter has adapted code to how it is used
_BROKEN = 70  # exit code, EX_SOFTWARE
_NO_OUTPUT = (OSError, ValueError, AttributeError)  # the file is full, or the plugin closed it


def run(request: int, answer: int, output: int) -> NoReturn:
    """Run the hook that a request asks for, and end the process.

    Args:
        request: Descriptor to read the request from.
        answer: Descriptor to write the answer to.
        output: Descriptor for everything that the plugin prints.
    """
    try:
        _run(request, answer, output)
    except BaseException:  # noqa: BLE001 - nothing may climb into the process that forked
        _print_traceback()
        os._exit(_BROKEN)
    os._exit(0)  # threads and exit handlers of the plugin do not get a say


def _run(request: int, answer: int, output: int) -> None:
    with os.fdopen(request, "rb") as file:
        asked = json.loads(file.read())
    scratch = Path(asked["scratch"])
    _go_to(scratch)
    files = sandbox.limit(asked["memory"])
    answer = _hide(answer, output, files)
    sandbox.restrict([*sandbox.system_paths(), Path(asked["path"])], [scratch, Path(os.devnull)])
    seccomp.filter_calls()
    data = respond(asked)
    with os.fdopen(answer, "wb") as file:
        file.write(data)
    with contextlib.suppress(*_NO_OUTPUT):
        sys.stdout.flush()


def respond(request: dict[str, Any]) -> bytes:
    """Run a hook and put what came of it into JSON.

    Args:
        request: ``hook``, ``contract``, ``slug``, ``version``, ``path`` of the release, ``hooks``
            below it, ``scratch``, ``memory`` in bytes, and the hook's own ``data``.

    Returns:
        ``{"result": {...}}``, or ``{"error": {"kind": ..., "message": ...}}`` with the kind
        ``raised``, ``refused``, ``garbage`` or ``missing-extra``.
    """
    try:
        result = _dispatch(request)
    except (HookRefusedError, HookAnswerError) as error:
        return _error("refused" if isinstance(error, HookRefusedError) else "garbage", error)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt as well
        if _is_missing_extra(request, error):
            return _error("missing-extra", error)
        _print_traceback()
        return _error("raised", error)
    try:
        data = json.dumps({"result": result}, allow_nan=False).encode()
    except BaseException as error:  # noqa: BLE001 - objects of the plugin are asked what they are
        return _error("garbage", error)
    if len(data) > MOST_BYTES:
        return _error("garbage", ValueError(f"{len(data)} bytes, and {MOST_BYTES} are allowed"))
    return data


def _dispatch(request: dict[str, Any]) -> Any:
    if request["hook"] == "validate":
        schema, config = request["data"]["schema"], request["data"]["config"]
        problems = importlib.import_module(_SCHEMAS).validate(schema, config)
        return {"problems": [{"path": found.path, "problem": found.problem} for found in problems]}
    if request["contract"] == "braindrive":
        contract = importlib.import_module(_EXISTING)
        return _finish(contract.run(request))
    return _finish(authored.run(request))


def warm_up() -> None:
    """Run what every hook runs, so that the processes forked from this one find it done."""
    for _ in range(_WARM):
        with contextlib.closing(asyncio.new_event_loop()) as loop:
            loop.run_until_complete(asyncio.sleep(0))


def _finish(hook: Coroutine[Any, Any, Any]) -> Any:
    """Run a hook to its end, without waiting for threads and tasks that it leaves."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # which keeps what is left from being collected, and told of
    return loop.run_until_complete(hook)


def _is_missing_extra(request: dict[str, Any], error: BaseException) -> bool:
    return (
        request["contract"] == "braindrive"
        and isinstance(error, ImportError)
        and (error.name or "").partition(".")[0] == "sqlalchemy"
    )


def _error(kind: str, error: BaseException) -> bytes:
    try:
        message = str(error)
    except BaseException:  # noqa: BLE001 - the exception is the plugin's too
        message = ""
    if not isinstance(error, HookRefusedError | HookAnswerError):
        message = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return json.dumps({"error": {"kind": kind, "message": message[:2000]}}).encode()


def _print_traceback() -> None:
    with contextlib.suppress(*_NO_OUTPUT):
        traceback.print_exc()


def _go_to(scratch: Path) -> None:
    """Make ``scratch`` the place of everything that a hook may write."""
    home, services = scratch / "tmp", scratch / "services"
    for folder in (home, services):
        folder.mkdir(exist_ok=True)
    for name in ("HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME"):
        os.environ[name] = str(home)
    os.environ["BRAINDRIVE_SERVICES_RUNTIME_DIR"] = str(services)
    os.chdir(scratch)


def _hide(answer: int, output: int, files: int) -> int:
    """Put the output where prints go, and the answer where they do not go by mistake.

    Returns:
        The descriptor of the answer.
    """
    answer = os.dup2(answer, files - 1, inheritable=False)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.closerange(3, files - 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr] # those of the interpreter
    return answer


if __name__ == "__main__":
    run(0, os.dup(1), os.dup(2))
