"""Bodies of requests: asked for when they are wanted, counted, and never larger than allowed."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pluginhub.app import ROUTES
from pluginhub.web import bodies
from pluginhub.web.openapi.document import document
from tests import bundles
from tests.conftest import Hub
from tests.web import raw
from tests.web.api.calling import everything

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


JSON = {"Content-Type": "application/json"}
TYPES = {
    "/api/v1/plugins/install": "multipart/form-data; boundary=x",
    "/api/plugins": "application/gzip",
}


def head(path: str, headers: dict[str, str], size: int, version: str = "1.1") -> bytes:
    """Return the head of a request whose client waits for the word to send the body."""
    lines = [f"POST {path} HTTP/{version}", "Host: hub", f"Content-Length: {size}"]
    lines += [f"Content-Type: {TYPES.get(path, 'application/json')}", "Expect: 100-Continue"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_nobody_is_asked_for_a_body_that_would_be_refused(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("ann"))
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    huge, e18 = 2**40, "/api/v1/plugins/install"
    gzip = {**root, "Content-Encoding": "gzip"}
    refused = {
        401: [head("/api/plugins", {}, 10), head(e18, {}, 10), head("/api/users", {}, 10)],
        403: [head("/api/plugins", ann, 10), head(e18, ann, 10), head("/api/users", ann, 10)],
        413: [head("/api/plugins", root, huge)],
        400: [head(e18, root, huge)],
        415: [head("/api/plugins", gzip, 10), head(e18, gzip, 10), head("/api/users", gzip, 10)],
    }
    for status, requests in refused.items():
        assert [await raw.first_status(hub, request) for request in requests] == [status] * len(
            requests
        )


async def test_a_body_that_is_wanted_is_asked_for(hub: Hub) -> None:
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    for path in ("/api/plugins", "/api/v1/plugins/install", "/api/users", "/api/v1/auth/login"):
        assert await raw.first_status(hub, head(path, root, 10)) == 100, path


async def test_a_client_that_waits_publishes_like_any_other(hub: Hub) -> None:
    reader, writer = await raw.connect(hub)
    content = bundles.bundle()
    writer.write(head("/api/plugins", {**hub.operator, "Connection": "close"}, len(content)))
    assert await reader.readexactly(len(CONTINUE)) == CONTINUE
    writer.write(content)
    assert raw.parse(await reader.read()).status == 201
    writer.close()


async def test_an_old_client_is_not_asked_because_it_would_not_understand(hub: Hub) -> None:
    request = head("/api/v1/auth/login", {}, 2, version="1.0")
    assert raw.parse(await raw.send(hub, request + b"{}")).status == 422


async def test_json_of_more_than_a_megabyte_is_refused(hub: Hub) -> None:
    body = io.BytesIO(b'{"name": "' + b"a" * 1024 * 1024 + b'"}')
    answer = await hub.client.post("/api/users", data=body, headers={**hub.operator, **JSON})
    assert (answer.status, (await answer.json())["code"]) == (413, "too-large")


async def test_a_body_that_does_not_come_is_not_waited_for(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_PATIENCE", 0.05)
    body = {**JSON, "Content-Length": "10", "Connection": "close"}
    reader, writer = await raw.connect(hub)
    lines = [f"{name}: {value}\r\n" for name, value in body.items()]
    writer.write(
        f"POST /api/v1/auth/login HTTP/1.1\r\nHost: hub\r\n{''.join(lines)}\r\n{{".encode()
    )
    assert int((await reader.readline()).split()[1]) == 408
    writer.close()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_what_a_form_of_another_site_can_send_is_refused(hub: Hub, kind: str) -> None:
    answer = await hub.client.post(
        "/api/v1/auth/login",
        data=b'{"email": "ann", "password": "correct horse"}',
        headers={"Content-Type": kind},
    )
    assert answer.status == 415
    assert await answer.json() == {"detail": "the body must be sent as application/json"}


async def test_what_is_wrong_with_a_body_is_named_by_its_path(hub: Hub) -> None:
    body = {"name": 1, "role": "king", "is_admin": True}
    answer = await hub.client.post("/api/users", json=body, headers=hub.operator)
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (422, "invalid")
    assert {item["path"] for item in problem["problems"]} == {"name", "role", "is_admin"}
    assert "is_admin: unknown key" in problem["detail"]


async def test_an_upload_without_a_body_is_refused_however_often_it_comes(hub: Hub) -> None:
    for _ in range(3):
        answer = await hub.client.post("/api/plugins", headers=hub.operator)
        assert (answer.status, (await answer.json())["code"]) == (422, "bundle-not-an-archive")


async def test_keys_that_nobody_reads_give_nobody_more(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    ann, ben = await hub.add_user("ann"), await hub.add_user("ben")
    headers = await hub.sign_in(ben)
    await hub.install("Clock", await hub.sign_in(ann))
    await hub.install("Clock", headers)
    before = await everything(hub)
    more = {
        **dict.fromkeys(("user_id", "owner", "owner_id", "user", "actor_id"), ann.id),
        **dict.fromkeys(("role", "roles", "scope"), "admin"),
        **dict.fromkeys(("admin", "is_admin", "is_superuser", "is_staff", "approved"), True),
        **dict.fromkeys(("path", "plugin_directory", "source_url", "bundle"), "/etc"),
        "id": f"{ann.id}_Clock",
        "__proto__": {"role": "admin"},
    }
    statuses = {}
    for method, path, example in bodies_of(document(ROUTES)):
        url = re.sub(r"\{(\w+)\}", lambda match: IDS.get(match[1], "x"), path)
        body = {**more, **example}
        async with hub.client.request(method, url, json=body, headers=headers) as answer:
            statuses[method, path] = answer.status
            hub.client.session.cookie_jar.clear()
    assert len(statuses) > 25
    assert {key: status for key, status in statuses.items() if status >= 500} == {}
    strict = {status for (_, path), status in statuses.items() if not path.startswith("/api/v1/")}
    assert strict <= {403, 404, 422}
    after = await everything(hub)
    assert [(row[0], row[4]) for row in after["users"]] == [(ann.id, "user"), (ben.id, "user")]
    for table, rows in before.items():
        theirs = [row for row in rows if ann.id in row]
        assert [row for row in after[table] if ann.id in row] == theirs, table


IDS = {"slug": "Clock", "id": "Clock", "version": "1.0.0", "module": "Face", "name": "ben"}


def bodies_of(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, address and an example of all bodies that are JSON."""
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            examples = content.get("application/json", {}).get("examples", {})
            for example in examples.values():
                yield method.upper(), path, example["value"]
