"""Errors as clients see them, in both shapes, and the id that every answer carries."""

import errno
import io
import json
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse

from pluginhub import errors
from pluginhub.database import connection, installations
from pluginhub.web.problems import STATUS
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.api.calling import everything
from tests.web.conftest import serving

NATIVE, COMPAT = "/api/plugins/installed", "/api/v1/plugins/manifest/designer"
NEVER_OVER_HTTP = {
    errors.BadBackupError,
    errors.BadSourceError,
    errors.ConfigError,
    errors.DataDirectoryError,
    errors.DataDirectoryInUseError,
}

EXPECTED: list[tuple[errors.HubError, int]] = [
    (errors.MalformedError("m"), 400),
    (errors.PreconditionFailedError("m"), 412),
    (errors.SourceError("unreachable", "m", url="x"), 422),
    (errors.TooManyRequestsError("m", retry_after=3.2), 429),
    (errors.InvalidError("m", field="x"), 422),
    (errors.QuotaError("m", quota="config"), 422),
    (errors.SafeModeError("m"), 503),
    (errors.IdempotencyKeyReusedError("m"), 409),
    (errors.TooSlowError("m"), 408),
    (errors.BadBundleError("link", "m", entry="a"), 422),
    (errors.UnauthenticatedError("m"), 401),
    (errors.ForbiddenError("m"), 403),
    (errors.NotFoundError("m", slug="x"), 404),
    (errors.GoneError("m"), 410),
    (errors.ConflictError("m"), 409),
    (errors.AlreadyInstalledError("m"), 409),
    (errors.StillNeededError("m", needed_by=["x"]), 409),
    (errors.YankedError("m"), 409),
    (errors.PlanChangedError("m"), 409),
    (errors.UnsatisfiableError("m"), 409),
    (errors.TooComplexError("m"), 409),
    (errors.ConfigRefusedError("m", problems=[{"path": "a", "problem": "b"}]), 409),
    (errors.MissingExtraError("m"), 409),
    (errors.ReleaseExistsError("m"), 409),
    (errors.TooLargeError("m", limit=1), 413),
    (errors.UnsupportedMediaTypeError("m"), 415),
    (errors.HookError("m", slug="x", hook="install"), 502),
    (errors.HookRaisedError("m"), 502),
    (errors.HookTimeoutError("m"), 504),
    (errors.HookKilledError("m"), 502),
    (errors.HookAnswerError("m"), 502),
    (errors.HooksSuspendedError("m", retry_after=1.5), 503),
    (errors.BusyError("m"), 503),
    (errors.NotReadyError("m"), 503),
    (errors.NoSpaceError("m", free=1), 507),
]


def subclasses(cls: type[errors.HubError]) -> Iterator[type[errors.HubError]]:
    for child in cls.__subclasses__():
        yield child
        yield from subclasses(child)


async def failing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, error: Exception, url: str
) -> ClientResponse:
    """Let a query fail, and return what its user sees."""

    async def fail(*_: object) -> None:
        raise error

    headers = await hub.sign_in(await hub.add_user(f"user-{secrets.token_hex(4)}"))
    monkeypatch.setattr(installations, "list_of", fail)
    return await hub.client.get(url, headers=headers)


def test_every_error_of_the_domain_has_a_status() -> None:
    ours = {
        cls
        for cls in subclasses(errors.HubError)
        if cls.__module__.startswith(f"{errors.__name__}.")
    }
    known = ours - NEVER_OVER_HTTP
    assert {type(error) for error, _ in EXPECTED} == known
    assert STATUS.keys() <= known


async def test_a_native_address_answers_a_problem(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in EXPECTED:
        answer = await failing(hub, monkeypatch, error, NATIVE)
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        problem = await answer.json()
        assert isinstance(problem.pop("title"), str)
        expected = {"type": "about:blank", "status": status, "detail": "m", "code": error.code}
        assert problem == {**error.fields, **expected}


async def test_a_compatible_address_answers_a_detail(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in EXPECTED:
        answer = await failing(hub, monkeypatch, error, COMPAT)
        assert (answer.status, answer.content_type) == (status, "application/json")
        assert await answer.json() == {"detail": "m"}


async def test_fields_never_hide_what_a_problem_must_say(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = errors.ConflictError("m", status="x", code="y", detail="z", type="t")
    answer = await failing(hub, monkeypatch, error, NATIVE)
    problem = await answer.json()
    assert (problem["status"], problem["code"], problem["detail"]) == (409, "conflict", "m")


async def test_some_statuses_need_a_header(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = await failing(hub, monkeypatch, errors.UnauthenticatedError("m"), NATIVE)
    busy = await failing(hub, monkeypatch, errors.BusyError("m"), COMPAT)
    assert (refused.headers["WWW-Authenticate"], busy.headers["Retry-After"]) == ("Bearer", "1")
    rest = await failing(
        hub, monkeypatch, errors.HooksSuspendedError("m", retry_after=28.1), NATIVE
    )
    assert rest.headers["Retry-After"] == "29"


@pytest.mark.parametrize("url", [NATIVE, COMPAT])
async def test_an_unexpected_error_is_logged_and_not_told(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, logged: io.StringIO, url: str
) -> None:
    answer = await failing(hub, monkeypatch, RuntimeError("hunter2 /var/lib"), url)
    body = await answer.json()
    assert (answer.status, body["detail"]) == (500, "Internal server error")
    text = str(body) + str(answer.headers)
    assert not re.search(r"hunter2|RuntimeError|Traceback|\.py", text)
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    [event] = [event for event in events if event["logger"] == "pluginhub.web.problems"]
    assert (event["level"], event["request_id"]) == ("error", answer.headers["X-Request-ID"])
    [exception] = event["exception"]
    assert (exception["exc_type"], exception["exc_value"]) == ("RuntimeError", "hunter2 /var/lib")
    assert exception["frames"]


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, None])
async def test_what_fails_for_want_of_files_or_memory_may_be_tried_again(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    error = OSError(number, os.strerror(number)) if number else MemoryError()
    answer = await failing(hub, monkeypatch, error, NATIVE)
    assert (answer.status, (await answer.json())["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"


async def test_the_server_goes_on_after_an_unexpected_error(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing(hub, monkeypatch, RecursionError(), NATIVE)
    monkeypatch.undo()
    headers = await hub.sign_in(await hub.add_user("ben"))
    assert (await hub.client.get(NATIVE, headers=headers)).status == 200


async def test_while_another_program_holds_the_database_all_is_read_and_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_BUSY_TIMEOUT", 0.05)
    async with serving(settings(tmp_path / "data")) as hub:
        for slug in ("Clock", "Map"):
            await hub.publish(bundles.bundle(slug))
        ann = await hub.sign_in(await hub.add_user("ann"))
        await hub.install("Clock", ann)
        before = await everything(hub)
        changes: list[tuple[str, str, Any]] = [
            ("POST", "/api/plugins/Map/install", {}),
            ("POST", "/api/plugins/Clock/disable", {}),
            ("PUT", "/api/plugins/Clock/config", {"config": {"a": 1}}),
            ("DELETE", "/api/plugins/Clock", {}),
            ("POST", "/api/v1/plugin-state", {"plugin_id": "Clock", "state_data": {}}),
            ("POST", "/api/v1/auth/logout", {}),
            ("POST", "/api/users", {"name": "ben"}),
        ]
        other = sqlite3.connect(hub.data / "pluginhub.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for method, url, body in changes:
            headers = hub.operator if url == "/api/users" else ann
            async with hub.client.request(method, url, json=body, headers=headers) as answer:
                assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), url
        body = io.BytesIO(bundles.bundle("Alarm"))
        async with hub.client.post("/api/plugins", data=body, headers=hub.operator) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "busy")
        assert (await hub.load((await hub.designer(ann))["Clock"])).status == 200
        other.rollback()
        other.close()
        assert await everything(hub) == before
        await hub.install("Map", ann)


async def test_an_unknown_address_is_a_problem_in_the_shape_of_its_api(hub: Hub) -> None:
    native, compat = await hub.client.get("/nowhere"), await hub.client.get("/api/v1/nowhere")
    assert (native.status, compat.status) == (404, 404)
    assert (await native.json())["title"] == "Not Found"
    assert await compat.json() == {"detail": "Not Found"}


WRONG_METHODS = [
    ("DELETE", "/api/plugins", {"GET", "POST"}),
    ("POST", "/healthz", {"GET", "HEAD"}),
    ("TRACE", "/healthz", {"GET", "HEAD"}),
    ("GET", "/api/v1/auth/login", {"POST"}),
    ("POST", "/api/v1/public/plugins/x/a.js", {"GET", "HEAD"}),
    ("PUT", "/api/users/ann", {"PATCH", "DELETE"}),
]


async def test_a_wrong_method_is_told_the_right_ones(hub: Hub) -> None:
    for method, path, allowed in WRONG_METHODS:
        answer = await raw.request(hub, method, path.encode())
        assert (answer.status, set(answer.headers["Allow"].split(","))) == (405, allowed), path
        assert "Method Not Allowed" in json.loads(answer.body)["detail"]


async def every_kind_of_answer(hub: Hub, request_id: str) -> dict[str, raw.Answer]:
    await hub.publish(bundles.bundle())
    headers = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", headers)
    entry = (await hub.designer(headers))["Clock"]
    file = f"/api/v1/public/plugins/{entry['database_id']}/{entry['bundlelocation']}"
    more: dict[str, dict[str, Any]] = {
        "200": {"target": b"/healthz"},
        "304": {"target": file.encode(), "headers": {"If-None-Match": "*"}},
        "401": {"target": b"/api/plugins"},
        "404 of a handler": {"target": b"/api/plugins/x", "headers": headers},
        "404 of the router": {"target": b"/nowhere"},
        "404 of a file": {"target": file.encode() + b"x"},
        "405": {"target": b"/api/plugins", "method": "PATCH"},
        "422": {"target": b"/api/v1/auth/login", "method": "POST"},
        "a file": {"target": file.encode()},
        "a file's head": {"target": file.encode(), "method": "HEAD"},
    }
    given = {"X-Request-ID": request_id}
    return {
        kind: await raw.request(
            hub, call.get("method", "GET"), call["target"], {**call.get("headers", {}), **given}
        )
        for kind, call in more.items()
    }


async def test_every_answer_carries_the_id_that_the_client_chose(hub: Hub) -> None:
    answers = await every_kind_of_answer(hub, "Abc_123-x")
    ids = {kind: answer.headers.get("X-Request-ID") for kind, answer in answers.items()}
    assert ids == dict.fromkeys(answers, "Abc_123-x")
    statuses = {kind: str(answer.status) for kind, answer in answers.items()}
    assert all(kind.startswith((status, "a file")) for kind, status in statuses.items())


async def test_every_answer_forbids_to_guess_its_type(hub: Hub) -> None:
    answers = await every_kind_of_answer(hub, "x")
    found = {kind: answer.headers.get("X-Content-Type-Options") for kind, answer in answers.items()}
    assert found == dict.fromkeys(answers, "nosniff")


async def test_no_answer_is_for_another_user(hub: Hub) -> None:
    for kind, answer in (await every_kind_of_answer(hub, "x")).items():
        directives = answer.headers["Cache-Control"].split(", ")
        assert {"private", "no-store"} & set(directives), kind
        if directives == ["private", "no-cache"]:
            assert answer.headers["Vary"] == "Authorization, Cookie, Origin"


async def test_an_unexpected_error_carries_the_id_too(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = await failing(hub, monkeypatch, ValueError(), NATIVE)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


async def test_an_id_that_is_not_plain_is_replaced(hub: Hub) -> None:
    odd = ["", "a b", "a\tb", "ä", "<script>", "a;b", "a" * 65, "a,b", "../x", "a%0d%0ab"]
    for given in odd:
        answer = await raw.get(hub, b"/healthz", {"X-Request-ID": given})
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"]), given


async def test_the_longest_plain_id_is_kept(hub: Hub) -> None:
    answer = await raw.get(hub, b"/healthz", {"X-Request-ID": "a" * 64})
    assert answer.headers["X-Request-ID"] == "a" * 64


async def test_every_request_without_an_id_gets_another(hub: Hub) -> None:
    answers = [await raw.get(hub, b"/healthz") for _ in range(3)]
    assert len({answer.headers["X-Request-ID"] for answer in answers}) == 3
