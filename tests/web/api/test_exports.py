"""Everything of a user over HTTP: out of one server, and into another one."""

import io
import json
from collections.abc import AsyncIterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pluginhub.accounts import api_tokens
from pluginhub.config import Storage
from pluginhub.database import installations, plugin_rows, state_records, users
from pluginhub.database.connection import fetch_all
from pluginhub.models import ModuleSettings, User
from tests import bundles
from tests.conftest import OPERATOR, Hub, settings
from tests.database.test_state_records import state
from tests.web.api.calling import Headers, call, everything
from tests.web.conftest import make_passwords_cheap, serving

EXPORT, IMPORT = "/api/export", "/api/users/import"
ANN, BEN = "a" * 32, "b" * 32
TIME = "2026-05-01T09:30:00Z"
# What does not come along: it belongs to the server that it was on.
OF_THE_SERVER = ("exported_at", "history", "api_tokens", "published")
Place = tuple[str | int, ...]  # of a value in the document
NO_ROWS: dict[str, list[Any]] = {table: [] for table in plugin_rows.TABLES}

DOCUMENT: dict[str, Any] = {
    "format": 1,
    "exported_at": TIME,
    "user": {
        "id": ANN,
        "name": "ann",
        "email": "ann@example.org",
        "role": "user",
        "enabled": True,
        "created_at": TIME,
    },
    "installations": [
        {
            "slug": "Clock",
            "version": "1.0.0",
            "digest": "d" * 64,
            "enabled": True,
            "config": {"zone": "UTC"},
            "attributes": {"status": "activated", "id": f"{ANN}_clock"},
            "pin": "^1",
            "channel": "stable",
            "as_dependency": False,
            "previous": {"version": "0.9.0", "digest": "e" * 64},
            "previous_config": {},
            "installed_at": TIME,
            "updated_at": TIME,
            "modules": {"Face": {"enabled": False, "attributes": {"priority": 3}, "written": {}}},
            "rows": {**NO_ROWS, "pages": [{"id": "p", "name": "Home", "creator_id": ANN}]},
        }
    ],
    "states": [
        {
            "id": "one",
            "plugin_id": "Clock",
            "page_id": None,
            "state_key": "k",
            "state_data": '{"a": 1}',
            "state_schema_version": None,
            "state_strategy": "persistent",
            "compression_type": None,
            "state_size": 8,
            "last_accessed": TIME,
            "access_count": 0,
            "ttl_expires_at": None,
            "is_active": True,
            "version": 1,
            "device_id": None,
            "sync_status": "synced",
            "created_at": TIME,
            "updated_at": TIME,
        }
    ],
    "api_tokens": [],
    "published": [],
    "history": [],
    "history_complete": True,
}


@pytest.fixture(name="other")
async def _other(tmp_path: Path) -> AsyncIterator[Hub]:
    """Another server."""
    async with serving(settings(tmp_path / "other")) as hub:
        yield hub


async def export(hub: Hub, name: str) -> dict[str, Any]:
    status, found = await call(hub, "GET", f"{EXPORT}?user={name}", hub.operator)
    assert status == 200, found
    return dict(found)


async def bring(hub: Hub, document: Any, headers: Headers | None = None) -> tuple[int, Any]:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    all_headers = {"Content-Type": "application/json", **(headers or hub.operator)}
    async with hub.client.post(IMPORT, data=io.BytesIO(content), headers=all_headers) as answer:
        return answer.status, await answer.json()


def without(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in OF_THE_SERVER}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"x": value}
    return value


async def furnish(hub: Hub) -> User:
    """Make a user who has something of everything."""
    for version in ("1.0.0", "2.0.0"):
        await hub.publish(bundles.bundle(version=version))
    await hub.publish(bundles.bundle("Zebra"))
    ann = await users_add(hub, "ann", email="ann@example.org")
    headers = await hub.sign_in(ann)
    await hub.install("Clock", headers, "1.0.0")
    await hub.install("Zebra", headers)
    for method, path, body in [
        ("PUT", "Clock/config", {"config": {"zone": "UTC", "ä": [1.5, None, "\u2028"]}}),
        ("PUT", "Clock/update", {"version": "2.0.0"}),
        ("PUT", "Clock/pin", {"range": ">=1 <3"}),
        ("PUT", "Clock/channel", {"channel": "prerelease"}),
        ("PUT", "Clock/config", {"config": nested(63)}),
        ("POST", "Zebra/disable", {"modules": ["Face"]}),
        ("POST", "Zebra/enable", {"modules": ["Face"]}),
        ("POST", "Zebra/disable", {}),
        ("POST", "/api/v1/plugin-state", {"plugin_id": "x", "state_data": {"ö": "\x00"}}),
        ("POST", "/api/tokens", {"name": "robot", "expires_in": 60}),
    ]:
        url = path if path.startswith("/") else f"/api/plugins/{path}"
        status, answer = await call(hub, method, url, headers, body)
        assert status < 300, answer
    await leave_what_hooks_leave(hub, ann)
    return ann


async def users_add(hub: Hub, name: str, **more: Any) -> User:
    make_passwords_cheap(hub)
    body = {"name": name, "password": "correct horse", **more}
    status, made = await call(hub, "POST", "/api/users", hub.operator, body)
    assert status == 201, made
    async with hub.database.snapshot() as connection:
        return await users.get(connection, name)


async def leave_what_hooks_leave(hub: Hub, ann: User) -> None:
    """Write what existing packages may write of a user's plugin."""
    odd: dict[str, Any] = {
        "state_size": -5,
        "access_count": 2**62,
        "version": -(2**63),
        "last_accessed": 9**18,
        "created_at": -1,
    }
    async with hub.database.transaction() as tx:
        before = await installations.get(tx, ann.id, "Zebra")
        settings_of_face = ModuleSettings(True, {"props": {"size": 1}}, {"props": {"size": 1}})
        after = replace(
            before,
            attributes={"id": f"{ann.id}_zebra", "status": "tested", "config_fields": {"x": 1}},
            modules={"Face": settings_of_face},
            config=nested(200),
        )
        await installations.change(tx, before, after)
        rows = {"pages": [{"id": "p", "content": "x", "is_published": 1.5, "creator_id": ann.id}]}
        await plugin_rows.replace(tx, before.id, rows)
        plain = state(ann.id, "odd", plugin_id="Zebra", state_data="no JSON", page_id="p" * 300)
        await state_records.add(tx, [replace(plain, **odd)])


# There and back


async def test_a_user_is_on_another_server_what_they_were(hub: Hub, other: Hub) -> None:
    ann = await furnish(hub)
    document = await export(hub, "ann")
    assert len(document["installations"]) == len(document["states"]) == 2
    for slug, version in [("Clock", "2.0.0"), ("Clock", "1.0.0"), ("Zebra", "1.0.0")]:
        await other.publish(bundles.bundle(slug, version))
    status, answer = await bring(other, document)
    assert (status, answer) == (
        201,
        {
            "user": {
                "id": ann.id,
                "name": "ann",
                "email": "ann@example.org",
                "role": "user",
                "enabled": True,
            },
            "installations": 2,
            "states": 2,
            "missing": [],
        },
    )
    assert without(await export(other, "ann")) == without(document)


async def test_who_was_imported_is_let_in_by_a_new_password_and_has_their_plugins(
    hub: Hub, other: Hub
) -> None:
    await furnish(hub)
    await other.publish(bundles.bundle("Zebra"))
    await bring(other, await export(hub, "ann"))
    make_passwords_cheap(other)
    login = {"email": "ann", "password": "correct horse"}
    assert (await other.client.post("/api/v1/auth/login", json=login)).status == 401
    await call(other, "PATCH", "/api/users/ann", other.operator, {"password": "correct horse"})
    async with other.client.post("/api/v1/auth/login", json=login) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['access_token']}"}
    assert (await call(other, "POST", "/api/plugins/Zebra/enable", headers, {}))[0] == 200
    entry = (await other.designer(headers))["Zebra"]
    assert (entry["status"], entry["database_id"]) == ("tested", entry["userId"] + "_zebra")
    assert entry["modules"][0]["props"] == {"size": 1}
    assert (await other.load(entry)).status == 200


async def test_roles_and_switches_of_accounts_come_along(hub: Hub, other: Hub) -> None:
    await hub.add_user("root", "admin")
    await hub.add_user("ben")
    await call(hub, "PATCH", "/api/users/ben", hub.operator, {"enabled": False})
    for name in ("root", "ben"):
        document = await export(hub, name)
        assert (await bring(other, document))[0] == 201
        assert without(await export(other, name)) == without(document)


async def test_a_release_with_other_bytes_or_none_is_named(hub: Hub, other: Hub) -> None:
    await furnish(hub)
    await other.publish(bundles.bundle(version="2.0.0"))
    await other.publish(bundles.bundle(version="1.0.0", description="other"))
    status, answer = await bring(other, await export(hub, "ann"))
    assert (status, answer["installations"], answer["states"]) == (201, 1, 2)
    assert answer["missing"] == [
        {
            "slug": "Clock",
            "version": "1.0.0",
            "reason": "it is published here with other bytes, so there is no way back to it",
        },
        {"slug": "Zebra", "version": "1.0.0", "reason": "it is not published here"},
    ]


# What an export has, and for whom


async def test_users_get_their_own_and_admins_anybodys(hub: Hub) -> None:
    ann, ben = await hub.sign_in(await hub.add_user("ann")), await hub.add_user("ben")
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    for headers, path, name in [
        (ann, EXPORT, "ann"),
        (root, EXPORT, "root"),
        (root, f"{EXPORT}?user=BEN", "ben"),
        (hub.operator, f"{EXPORT}?user=ben", "ben"),
    ]:
        status, found = await call(hub, "GET", path, headers)
        assert (status, found["user"]["name"]) == (200, name)
    for name in (ben.name, "ann", "ghost"):
        status, problem = await call(hub, "GET", f"{EXPORT}?user={name}", ann)
        assert (status, problem["code"]) == (403, "forbidden")
    assert (await call(hub, "GET", f"{EXPORT}?user=ghost", root))[0] == 404
    assert (await call(hub, "GET", f"{EXPORT}?all=true", ann))[0] == 422


async def test_it_is_a_file_that_nobody_keeps_on_the_way(hub: Hub) -> None:
    await hub.add_user("ann")
    strange = replace(await hub.add_user("x"), id="9" * 32, name='a "b"\r\nX: y', email=None)
    async with hub.database.transaction() as tx:
        await users.add(tx, strange, None)
    for name, file in [("ann", "pluginhub-ann.json"), (strange.name, f"pluginhub-{'9' * 32}.json")]:
        async with hub.client.get(EXPORT, params={"user": name}, headers=hub.operator) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.content_type == "application/json"


async def test_nothing_in_it_lets_anybody_in(hub: Hub) -> None:
    ann = await furnish(hub)
    headers = await hub.sign_in(ann)
    _, secret = await api_tokens.create(
        hub.database, ann, "robot", ("read", "install"), None, actor=OPERATOR
    )
    login = {"email": "ann", "password": "correct horse"}
    async with hub.client.post("/api/v1/auth/login", json=login) as answer:
        pair = await answer.json()
    async with hub.database.snapshot() as connection:
        hashes = [
            row["hash"]
            for row in await fetch_all(
                connection,
                "SELECT password_hash AS hash FROM users"
                " UNION SELECT hash FROM tokens UNION SELECT hash FROM api_tokens",
            )
        ]
    capability = (await hub.designer(headers))["Clock"]["bundlelocation"].split("/")[1]
    shown = [secret, pair["access_token"], pair["refresh_token"], headers["Authorization"][7:]]
    secrets = [*hashes, *shown, capability, "correct horse"]
    assert len(hashes) == 1 + 6 + 2
    async with hub.client.get(EXPORT, headers=headers) as answer:
        text = await answer.text()
    assert [it for it in secrets if it in text] == []
    tokens = json.loads(text)["api_tokens"]
    assert sorted(it["scopes"] for it in tokens) == [["read"], ["read", "install"]]
    assert {*tokens[0]} == {"name", "scopes", "created_at", "expires_at"}


async def test_from_where_an_admin_acted_is_not_told_to_a_user(hub: Hub) -> None:
    ann = await hub.add_user("ann")
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    await hub.publish(bundles.bundle())
    await hub.install("Clock", await hub.sign_in(ann))
    await call(hub, "POST", "/api/plugins/Clock/disable?user=ann", root, {})
    told = (await export(hub, "ann"))["history"]
    assert [(it["action"], it["actor"], it["address"]) for it in told] == [
        ("disable", "root", None),
        ("install", "ann", "127.0.0.1"),
        ("add-user", "operator", None),
    ]
    theirs = (await export(hub, "root"))["history"]
    disabled = next(it for it in theirs if it["action"] == "disable")
    assert (disabled["user"], disabled["address"]) == ("ann", "127.0.0.1")


async def test_plugins_that_belong_to_a_user_are_named(hub: Hub) -> None:
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    for slug in ("Zebra", "Clock"):
        content = io.BytesIO(bundles.bundle(slug))
        assert (await hub.client.post("/api/plugins", data=content, headers=root)).status == 201
    assert (await export(hub, "root"))["published"] == ["Clock", "Zebra"]


# What is refused


async def test_who_is_there_already_is_a_conflict(hub: Hub) -> None:
    for change in ({}, {"id": BEN}, {"id": BEN, "name": "ben"}, {"name": "ben", "email": None}):
        status, answer = await bring(hub, {**DOCUMENT, "user": {**DOCUMENT["user"], **change}})
        first = change == {}
        assert (status, answer.get("code")) == (201, None) if first else (409, "conflict")
    assert len((await call(hub, "GET", "/api/users", hub.operator))[1]["users"]) == 1


async def test_a_state_with_the_id_of_somebody_elses_is_a_conflict_and_nothing_is_done(
    hub: Hub,
) -> None:
    await hub.publish(bundles.bundle())
    ben = await hub.add_user("ben")
    async with hub.database.transaction() as tx:
        await state_records.add(tx, [state(ben.id, "one")])
    before = await everything(hub)
    status, problem = await bring(hub, DOCUMENT)
    assert (status, problem["code"], problem["path"]) == (409, "conflict", "states[0].id")
    assert await everything(hub) == before


def changed(path: Place, value: Any) -> dict[str, Any]:
    """Return the document with another value, or with ``...`` without one."""
    document = deepcopy(DOCUMENT)
    target: Any = document
    for part in path[:-1]:
        target = target[part]
    if value is ...:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return document


CLOCK: Place = ("installations", 0)
ROWS: Place = (*CLOCK, "rows")
PAGE: Place = (*ROWS, "pages", 0)
FACE: Place = (*CLOCK, "modules", "Face")
STATE: Place = ("states", 0)
MODULE = DOCUMENT["installations"][0]["modules"]["Face"]
TIMES = [
    None,
    1777627800,
    "2026-05-01",
    "2026-05-01T09:30:00",
    "2026-05-01T09:30:00.5Z",
    "2026-05-01T09:30:00+02:00",
    "2026-02-30T09:30:00Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-05-01 09:30:00Z",
    "2026-05-01T09:30Z",
    "20260501T093000Z",
    "\u0662026-05-01T09:30:00Z",
    "Z",
    "",
]
NUMBERS = [2**63, -(2**63) - 1, 1.5, "1", True, None]
LONG = "x" * 300_000
# Values that are refused, by where they stand; ... stands for none.
WRONG: list[tuple[Place, list[Any]]] = [
    (("format",), [2, True, "1", None, ...]),
    (("owner",), ["x"]),
    (("exported_at",), TIMES),
    (("user",), [None, [], "ann", ...]),
    (("user", "id"), ["", "a" * 31, "a" * 33, "A" * 32, "g" * 32, "a" * 32 + "\n", 7, None]),
    (("user", "name"), ["", "a b", "OPERATOR", "a" * 51, "ann\n", 7]),
    (("user", "email"), ["", "ann", "a b@c", 7]),
    (("user", "role"), ["root", None]),
    (("user", "enabled"), [1, "true", None, ...]),
    (("user", "created_at"), TIMES),
    (("user", "password_hash"), ["x"]),
    (("installations",), [None, {}, "x", ...]),
    (CLOCK, [None, 7, []]),
    ((*CLOCK, "slug"), ["", "a/b", "installed", "NUL", "a" * 65, "Cl\u00f6ck", 7]),
    ((*CLOCK, "version"), ["", "1" * 65, 1]),
    ((*CLOCK, "digest"), ["", "D" * 64, "d" * 63, None]),
    ((*CLOCK, "id"), ["d" * 32]),
    ((*CLOCK, "enabled"), [0, None, "no"]),
    ((*CLOCK, "config"), [None, [], "{}", nested(250)]),
    ((*CLOCK, "attributes"), [[], {"status": None}, {"enabled": True}, {"user_id": ANN}]),
    ((*CLOCK, "attributes"), [{"id": 7}, {"downloads": "7"}, {"permissions": {}}, {"\u202e": 1}]),
    ((*CLOCK, "attributes", "id"), [f"{BEN}_Clock", "", ANN]),
    ((*CLOCK, "pin"), ["", "nonsense", "1" * 257, 7, []]),
    ((*CLOCK, "channel"), ["beta", None]),
    ((*CLOCK, "as_dependency"), [1, None]),
    ((*CLOCK, "previous"), ["1.0.0", [], ...]),
    ((*CLOCK, "previous", "digest"), ["", ...]),
    ((*CLOCK, "previous", "slug"), ["Other"]),
    ((*CLOCK, "previous_config"), [[], "{}"]),
    ((*CLOCK, "installed_at"), TIMES),
    ((*CLOCK, "updated_at"), TIMES),
    ((*CLOCK, "modules"), [[], {str(number): MODULE for number in range(1001)}]),
    (FACE, [None, 7]),
    ((*FACE, "enabled"), [1, None]),
    ((*FACE, "x"), [1]),
    ((*FACE, "attributes"), [{"name": "x"}, {"priority": "1"}]),
    ((*FACE, "attributes", "id"), [f"{BEN}_Clock_Face"]),
    ((*FACE, "written"), [{"name": "x"}, None, ...]),
    ((*ROWS, "pages"), [{}, None, ...]),
    ((*ROWS, "users"), [[]]),
    (PAGE, [7, {}, {"id": 7}, {"id": ""}, {"id": "x" * 256}]),
    (PAGE, [{"id": "p", "content": {}}, {"id": "p", "tags": []}, {"id": "p", "x": 2**63}]),
    ((*PAGE, "user_id"), [BEN, 7]),
    ((*PAGE, "creator_id"), [BEN, True]),
    (("states",), [{}, None, ...]),
    ((*STATE, "id"), ["", "x" * 256, 7, None, ...]),
    ((*STATE, "user_id"), [BEN]),
    ((*STATE, "plugin_id"), ["", "x" * 256, None]),
    ((*STATE, "page_id"), [LONG, 7, ...]),
    ((*STATE, "state_key"), [LONG, 7, ...]),
    ((*STATE, "state_data"), [None, {"a": 1}, LONG, "\u00e4" * 131_073]),
    ((*STATE, "state_schema_version"), [LONG, 1]),
    ((*STATE, "state_strategy"), ["eternal", None]),
    ((*STATE, "compression_type"), ["br", 1]),
    ((*STATE, "state_size"), NUMBERS),
    ((*STATE, "last_accessed"), TIMES),
    ((*STATE, "access_count"), NUMBERS),
    ((*STATE, "ttl_expires_at"), TIMES[1:]),
    ((*STATE, "is_active"), [1, None]),
    ((*STATE, "version"), NUMBERS),
    ((*STATE, "device_id"), [LONG, 7]),
    ((*STATE, "sync_status"), ["lost", None]),
    ((*STATE, "created_at"), TIMES),
    ((*STATE, "updated_at"), TIMES),
    (("api_tokens",), [{}, None, ...]),
    (("published",), [{}, None, ...]),
    (("history",), [{}, None, ...]),
    (("history_complete",), ["yes", 1, None, ...]),
]


def named(path: Place) -> str:
    """Return a path as the server writes it."""
    return "".join(f"[{it}]" if isinstance(it, int) else f".{it}" for it in path).lstrip(".")


async def refused(hub: Hub, document: Any) -> set[str]:
    """Return what is named as wrong with a document."""
    status, problem = await bring(hub, document)
    assert (status, problem.get("code")) == (422, "invalid"), problem
    paths = {item["path"] for item in problem["problems"]}
    assert all(path in problem["detail"] for path in paths)
    return paths


async def test_what_is_wrong_with_a_document_is_named_by_its_path(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    before = await everything(hub)
    for path, values in WRONG:
        for value in values:
            found = await refused(hub, changed(path, value))
            assert found == {named(path)}, (path, value)
    assert await everything(hub) == before
    assert (await bring(hub, DOCUMENT))[0] == 201


@pytest.mark.parametrize(
    ("where", "item", "path"),
    [
        ("installations", {"slug": "cLOCK"}, "installations[1].slug"),
        ("states", {"state_key": "other"}, "states[1].id"),
        ("states", {"id": "two", "page_id": ""}, "states[1].state_key"),
    ],
)
async def test_of_two_that_are_the_same_the_second_is_named(
    hub: Hub, where: str, item: dict[str, Any], path: str
) -> None:
    [first] = DOCUMENT[where]
    assert await refused(hub, {**DOCUMENT, where: [first, {**first, **item}]}) == {path}


async def test_two_rows_of_a_table_with_one_id_are_refused(hub: Hub) -> None:
    page = {"id": "p", "name": "Other"}
    document = changed((*ROWS, "pages"), [page, {"id": "q"}, page])
    assert await refused(hub, document) == {"installations[0].rows.pages[2].id"}
    elsewhere = changed((*ROWS, "settings_instances"), [page])
    assert (await bring(hub, elsewhere))[0] == 201


async def test_parts_that_do_not_come_along_are_read_as_well(hub: Hub) -> None:
    for where, item, path in [
        ("api_tokens", {"hash": "x"}, "api_tokens[0].hash"),
        ("published", 7, "published[0]"),
        ("history", {"secret": "x"}, "history[0].secret"),
        ("history", 7, "history[0]"),
    ]:
        assert path in await refused(hub, changed((where,), [item]))


async def test_a_module_without_a_name_is_refused(hub: Hub) -> None:
    [path] = await refused(hub, changed((*CLOCK, "modules"), {"": MODULE}))
    assert path.startswith("installations[0].modules")


async def test_what_is_no_json_is_refused(hub: Hub) -> None:
    text = json.dumps(DOCUMENT)
    deep = text.replace('"UTC"', "[" * 300 + "]" * 300)
    bad: dict[str, str] = {
        "cut": text[:-1],
        "NaN": text.replace('"UTC"', "NaN"),
        "infinite": text.replace('"UTC"', "1e999"),
        "deep": deep,
        "very deep": text.replace('"UTC"', "[" * 200_000 + "]" * 200_000),
        "a key twice": text.replace('"format"', '"format": 1, "format"', 1),
        "half a character": text.replace('"UTC"', '"\\ud800"'),
        "a long number": text.replace('"UTC"', "1" * 5000),
        "two": text * 2,
    }
    before = await everything(hub)
    for name, content in bad.items():
        status, problem = await bring(hub, content.encode())
        assert (status, problem["code"]) == (400, "malformed"), name
    for garbage in (b"\xff\xfe", b"\x00" * 1000):
        assert (await bring(hub, garbage))[0] == 400
    for other in (b"", b"null", b"[]", b"7"):
        assert (await bring(hub, other))[0] == 422
    assert await everything(hub) == before


async def test_what_is_wrong_in_very_many_places_is_told_in_few_words(hub: Hub) -> None:
    many = 50_000
    row = {"id": "p", **{str(number): [] for number in range(many)}}
    twice = {**DOCUMENT["states"][0], "state_key": "other"}
    for document in (
        changed(("installations",), [1] * many),
        changed(("states",), [{}] * many),
        changed(("history",), [{}] * many),
        changed(("published",), [1] * many),
        changed(("user",), {str(number): 1 for number in range(many)}),
        changed((*CLOCK, "modules"), {str(number): 1 for number in range(many)}),
        changed(PAGE, row),
        changed(("states",), [twice] * 5_000),
    ):
        status, problem = await bring(hub, document)
        assert (status, len(json.dumps(problem)) < 20_000) == (422, True)


async def test_33_mib_are_too_much_said_or_not(hub: Hub) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(33):
            yield b" " * 1024 * 1024

    headers = {"Content-Type": "application/json", **hub.operator}
    for content in (io.BytesIO(b" " * 33 * 1024 * 1024), endless()):
        async with hub.client.post(IMPORT, data=content, headers=headers) as answer:
            problem = await answer.json()
        assert (answer.status, problem["code"], problem["limit"]) == (413, "too-large", 2**25)
        assert "setting" not in problem
    assert [*(hub.data / "staging").iterdir()] == []


async def test_a_document_of_more_than_a_megabyte_is_read(hub: Hub) -> None:
    states = [
        {**DOCUMENT["states"][0], "id": str(number), "state_key": str(number), "state_data": data}
        for number, data in enumerate(["x" * 262_144] * 20)
    ]
    status, answer = await bring(hub, {**DOCUMENT, "states": states})
    assert (status, answer["states"]) == (201, 20)
    assert len((await export(hub, "ann"))["states"]) == 20


async def test_only_json_is_taken_and_only_as_it_is(hub: Hub) -> None:
    for headers in (
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/octet-stream"},
        {"Content-Encoding": "gzip"},
    ):
        status, _ = await bring(hub, DOCUMENT, {**hub.operator, **headers})
        assert status == 415


async def test_no_document_takes_the_reserve_of_the_disk(tmp_path: Path) -> None:
    storage = Storage(plugins_base_dir=tmp_path / "full", disk_reserve=10**15)
    config = settings(tmp_path / "full").model_copy(update={"storage": storage})
    async with serving(config) as hub:
        status, problem = await bring(hub, DOCUMENT)
        assert (status, problem["code"]) == (507, "no-space")


async def test_only_admins_import(hub: Hub) -> None:
    ann = await hub.sign_in(await hub.add_user("cleo"))
    assert (await bring(hub, DOCUMENT, ann))[0] == 403
    root = await hub.add_user("root", "admin")
    _, secret = await api_tokens.create(
        hub.database, root, "robot", ("install", "publish"), None, actor=OPERATOR
    )
    assert (await bring(hub, DOCUMENT, {"Authorization": f"Bearer {secret}"}))[0] == 403
    assert (await bring(hub, DOCUMENT, await hub.sign_in(root)))[0] == 201


async def test_sent_again_with_its_key_an_import_is_answered_as_before(hub: Hub) -> None:
    headers = {**hub.operator, "Idempotency-Key": "8c0f4d0a-6b1e-4f57"}
    first, again = await bring(hub, DOCUMENT, headers), await bring(hub, DOCUMENT, headers)
    assert first == again
    assert first[0] == 201
    other = changed(("user", "name"), "ben")
    status, problem = await bring(hub, other, headers)
    assert (status, problem["code"]) == (409, "idempotency-key-reused")


async def test_a_user_may_be_called_import(hub: Hub) -> None:
    await hub.add_user("import")
    status, user = await call(hub, "PATCH", IMPORT, hub.operator, {"enabled": False})
    assert (status, user["enabled"]) == (200, False)
    assert (await hub.client.delete(IMPORT, headers=hub.operator)).status == 204
