"""One line per answer, and nothing in it that another may use."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from pluginhub.web.access_log import AccessLogger
from tests import bundles
from tests.conftest import Hub, settings
from tests.web import raw
from tests.web.conftest import serving


def lines_of(logged: io.StringIO) -> list[dict[str, Any]]:
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    return [event for event in events if event["logger"] == "pluginhub.access"]


async def test_a_line_says_who_asked_for_what_and_what_came_of_it(
    tmp_path: Path, logged: io.StringIO
) -> None:
    async with serving(settings(tmp_path / "data"), access_log_class=AccessLogger) as hub:
        await hub.client.get("/healthz", headers={"X-Request-ID": "abc-123"})
    [line] = lines_of(logged)
    assert line["ms"] >= 0
    expected = {
        "event": "request",
        "level": "info",
        "method": "GET",
        "path": "/healthz",
        "status": 200,
        "address": "127.0.0.1",
        "request_id": "abc-123",
    }
    assert {key: line[key] for key in expected} == expected


async def test_every_kind_of_answer_is_logged(tmp_path: Path, logged: io.StringIO) -> None:
    async with serving(settings(tmp_path / "data"), access_log_class=AccessLogger) as hub:
        for method, path in [("GET", "/nowhere"), ("PUT", "/healthz"), ("GET", "/api/users")]:
            await hub.client.request(method, path)
    assert [line["status"] for line in lines_of(logged)] == [404, 405, 401]


async def requests_with_secrets(hub: Hub) -> list[str]:
    """Use every secret there is in every place where it could stand; return the secrets."""
    await hub.publish(bundles.bundle())
    ann = await hub.add_user("ann", "admin")
    headers = await hub.sign_in(ann)
    await hub.install("Clock", headers)
    entry = (await hub.designer(headers))["Clock"]
    capability = entry["bundlelocation"].split("/")[1]
    token = headers["Authorization"].removeprefix("Bearer ")
    secrets = [capability, token, "hunter2-hunter2"]
    root = f"/api/v1/public/plugins/{entry['database_id']}"
    paths = [f"{root}/t/{capability}/{end}" for end in ("dist/remoteEntry.js", "x", "", "a.py")]
    paths += [f"{root}//t/{capability}/x", f"{root}/t//{capability}/x", f"{root}/t/{capability}"]
    paths += [f"{root}/t%2F{capability}%2Fdist/remoteEntry.js", f"{root}/%74/{capability}/x"]
    paths += [f"/t/{capability}/x", f"/api/v1//public/plugins/x/t/{capability}/x"]
    paths += [f"/api/users?{name}={token}" for name in ("token", "access_token", "user")]
    for path in paths:
        for method in ("GET", "HEAD", "POST"):
            await raw.request(hub, method, path.encode(), {"Cookie": f"refresh_token={token}"})
    body = {"email": "ann", "password": "hunter2-hunter2"}
    await hub.client.post("/api/v1/auth/login", json=body)
    await hub.client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    await hub.client.post("/api/users", json={"name": "ben", **body}, headers=headers)
    return secrets


async def test_no_secret_is_in_any_line_of_the_log(tmp_path: Path, logged: io.StringIO) -> None:
    async with serving(settings(tmp_path / "data"), access_log_class=AccessLogger) as hub:
        secrets = [*await requests_with_secrets(hub), *hub.operator.values()]
    text = logged.getvalue()
    assert [secret for secret in secrets if secret in text] == []
    assert "/dist/remoteEntry.js" in text


async def test_a_line_is_one_line_whatever_the_path_holds(
    tmp_path: Path, logged: io.StringIO
) -> None:
    async with serving(settings(tmp_path / "data"), access_log_class=AccessLogger) as hub:
        await raw.get(hub, b"/a%0d%0a%1b[31m%00%e2%80%a8b%ed%a0%80")
    [line] = lines_of(logged)  # which reads every line of the log as a whole event
    assert line["path"].startswith("/a\r\n")


def test_nothing_is_done_for_lines_that_nobody_reads(caplog: pytest.LogCaptureFixture) -> None:
    logger = AccessLogger(logging.getLogger("aiohttp.access"), "")
    enabled = []
    for level in (logging.INFO, logging.WARNING):
        caplog.set_level(level, "pluginhub.access")
        enabled.append(logger.enabled)
    assert enabled == [True, False]
