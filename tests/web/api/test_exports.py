"""Everything that is known of a user goes out as one document, and comes in as one."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from pluginhub.database import state_records
from pluginhub.database.connection import fetch_all
from pluginhub.lifecycle import states
from pluginhub.lifecycle.states import Draft
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, settings
from tests.web.api.calling import Headers, ask, call, user
from tests.web.conftest import serving

Document = dict[str, Any]


async def furnished(hub: Hub) -> Headers:
    """Return the headers of a user who has something of everything."""
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(bundles.bundle("Charts"))
    ann = await hub.add_user("ann")
    headers = await hub.sign_in(ann)
    await hub.install("Clock", headers, "1.0.0")
    await ask(hub, "PUT", "Clock/config", headers, {"config": {"color": "red"}})
    await ask(hub, "PUT", "Clock/update", headers, {})
    await ask(hub, "POST", "Clock/disable", headers, {"modules": ["Face"]})
    await hub.install("Charts", headers)
    await ask(hub, "PUT", "Charts/pin", headers, {"range": "^1"})
    await states.create(hub.app[keys.RESOURCES], ann.id, Draft("Clock", {"a": "ä"}, state_key="k"))
    status, _ = await call(
        hub, "POST", "/api/tokens", headers, {"name": "t", "scopes": ["install"]}
    )
    assert status == 201
    return headers


async def exported(hub: Hub, headers: Headers, query: str = "") -> Document:
    status, document = await call(hub, "GET", f"/api/export{query}", headers)
    assert status == 200, document
    found: Document = document
    return found


async def taken_in(hub: Hub, document: Any) -> tuple[int, Any]:
    url, raw = "/api/users/import", document if isinstance(document, bytes) else None
    content = raw if raw is not None else json.dumps(document).encode()
    async with hub.client.post(url, data=content, headers=hub.operator) as answer:
        return answer.status, await answer.json()


@pytest.fixture(name="document")
async def _document(tmp_path: Path) -> Document:
    async with serving(settings(tmp_path / "first")) as hub:
        return await exported(hub, await furnished(hub))


def without_times(document: Document) -> Document:
    kept = {"format", "user", "plugins", "states"}
    return {key: value for key, value in document.items() if key in kept}


async def test_what_went_out_comes_in_on_another_server(hub: Hub, document: Document) -> None:
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(bundles.bundle("Charts"))
    status, made = await taken_in(hub, document)
    assert (status, made) == (201, {"user": "ann", "plugins": 2, "states": 1, "missing": []})
    again = await exported(hub, hub.operator, "?user=ann")
    assert without_times(again) == without_times(document)
    clock = next(it for it in again["plugins"] if it["slug"] == "Clock")
    assert (clock["version"], clock["previous"]["version"]) == ("2.0.0", "1.0.0")
    assert (clock["config"], clock["modules"]["Face"]["enabled"]) == ({"color": "red"}, False)
    back = await call(hub, "POST", "/api/plugins/Clock/rollback?user=ann", hub.operator, {})
    assert back[0] == 200


async def test_nothing_secret_goes_out(hub: Hub) -> None:
    headers = await furnished(hub)
    async with hub.database.snapshot() as connection:
        secrets = [
            row[0]
            for query in ("SELECT hash FROM tokens", "SELECT hash FROM api_tokens")
            for row in await fetch_all(connection, query)
        ]
    document = await exported(hub, headers)
    text = json.dumps(document)
    assert len(secrets) >= 2
    assert [secret for secret in secrets if secret in text] == []
    assert "password" not in text
    assert document["api_tokens"][0]["name"] == "t"
    assert {"install", "update"} <= {it["action"] for it in document["history"]}


async def test_it_is_a_file_and_on_record(hub: Hub) -> None:
    headers = await user(hub)
    async with hub.client.get("/api/export", headers=headers) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="ann.json"'
    history = (await exported(hub, headers))["history"]
    assert [it["action"] for it in history][:2] == ["export-user", "export-user"]


async def test_nobody_else_gets_it_but_admins(hub: Hub) -> None:
    await user(hub, "ann")
    ben = await user(hub, "ben")
    assert (await call(hub, "GET", "/api/export?user=ann", ben))[0] == 403
    assert (await call(hub, "GET", "/api/export?user=nobody", hub.operator))[0] == 404
    assert (await exported(hub, hub.operator, "?user=ann"))["user"]["name"] == "ann"


async def test_what_is_not_published_here_is_named(hub: Hub, document: Document) -> None:
    await hub.publish(bundles.bundle(version="2.0.0", description="other bytes"))
    status, made = await taken_in(hub, document)
    assert (status, made["plugins"]) == (201, 0)
    assert made["missing"] == [
        {"slug": "Charts", "version": "1.0.0", "reason": "it is not published here"},
        {"slug": "Clock", "version": "2.0.0", "reason": "it is published here with other bytes"},
    ]


async def test_who_is_here_already_is_not_overwritten(hub: Hub, document: Document) -> None:
    await user(hub, "ann")
    status, problem = await taken_in(hub, document)
    assert (status, problem["detail"]) == (409, "'ann' is taken by another user")
    document["user"]["name"] = "other"
    assert (await taken_in(hub, document))[0] == 201
    document["user"]["name"] = "third"
    assert (await taken_in(hub, document))[0] == 409  # the id


def put(document: Document, path: str, value: Any) -> Document:
    """Return the document with another value in a place."""
    changed = copy.deepcopy(document)
    *parents, last = path.split(".")
    place: Any = changed
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[last] = value
    return changed


HOSTILE = {
    "format": 2,
    "user.id": "../x",
    "user.name": "<script>",
    "user.role": "root",
    "user.created_at": "yesterday",
    "user.password": "x",
    "plugins.0.slug": "../x",
    "plugins.0.version": "",
    "plugins.0.digest": "x",
    "plugins.0.config": [],
    "plugins.0.rows": {"users": []},
    "plugins.0.modules": {"": {}},
    "plugins.0.attributes": {"id": "b" * 32 + "_Clock"},
    "plugins.0.installed_at": -1,
    "plugins.0.user_id": "x",
    "plugins.1.slug": "Charts",
    "states.0.state_data": "x" * (states.LARGEST + 1),
    "states.0.state_strategy": "nonsense",
    "states.0.state_size": 2**63,
    "states.0.id": "",
    "states.0.user_id": "x",
}


@pytest.mark.parametrize("path", HOSTILE)
async def test_what_no_server_wrote_is_refused_with_its_path(
    hub: Hub, document: Document, path: str
) -> None:
    status, problem = await taken_in(hub, put(document, path, HOSTILE[path]))
    assert status == 422, problem
    assert path.split(".", maxsplit=1)[0] in problem["detail"]
    assert (await call(hub, "GET", "/api/users", hub.operator))[1] == {"users": []}


@pytest.mark.parametrize(
    ("raw", "status"),
    [(b"", 400), (b"{", 400), (b'{"a": NaN}', 400), (b"[" * 200_000, 400), (b"{}", 422)],
)
async def test_what_is_no_document_is_refused(hub: Hub, raw: bytes, status: int) -> None:
    assert (await taken_in(hub, raw))[0] == status


async def test_a_document_has_its_limit(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pluginhub.web.api.exports._LARGEST", 1000)
    assert (await taken_in(hub, b"x" * 1001))[0] == 413


async def test_a_state_of_somebody_else_stays_theirs(hub: Hub, document: Document) -> None:
    ben = await hub.add_user("ben")
    mine = await states.create(hub.app[keys.RESOURCES], ben.id, Draft("Clock", {}))
    document["states"][0]["id"] = mine.id
    status, problem = await taken_in(hub, document)
    assert (status, problem["detail"]) == (422, f"the state {mine.id} cannot be kept here")
    async with hub.database.snapshot() as connection:
        assert await state_records.list_of(connection, ben.id) == [mine]
    users = (await call(hub, "GET", "/api/users", hub.operator))[1]["users"]
    assert [it["name"] for it in users] == ["ben"]  # all or nothing
