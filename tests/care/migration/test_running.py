"""Migrations as a whole: everybody has what they had, and nothing happens twice or half."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from pluginhub.care.migration import running
from pluginhub.care.migration.people import Renamed
from pluginhub.care.migration.plan import Plan
from pluginhub.care.migration.running import Order, Result
from pluginhub.care.migration.survey import Progress
from pluginhub.database import users
from pluginhub.database.connection import fetch_all
from pluginhub.errors import BadSourceError, ConflictError, NotFoundError
from pluginhub.storage.data_directory import DataDirectory
from tests import bundles
from tests.care.migration.old_system import (
    ANN,
    BEN,
    CLEO,
    DASHED,
    application,
    content,
    managed,
    oldest,
    plugin_row,
    put,
    template,
)
from tests.conftest import Hub, settings
from tests.web.conftest import serving


@contextmanager
def shown(_name: str) -> Iterator[Progress]:
    yield lambda _done, _total: None


@pytest.fixture(name="old")
def _old(tmp_path: Path) -> Path:
    """A tree of every layout: three users, one of them in two spellings, and nobody's plugins."""
    root = tmp_path / "plugins"
    put(root / f"{ANN}/{ANN}_random-color", oldest("random-color", "2.0.0"))
    put(root / f"{BEN}/{BEN}_random-color", oldest("random-color", "2.0.0"))
    put(root / f"{ANN}/Chat", template())
    put(root / f"{BEN}/Chat", template())
    put(root / f"user_{CLEO}/Chat", template(note="patched"))
    put(root / f"{DASHED}/pluginA", oldest("pluginA"))
    put(root / f"{CLEO}/pluginA", oldest("pluginA"))
    put(root / "Settings", oldest("Settings"))
    put(root / "shared/Rag/v1.4.0", managed("Rag", "1.4.0"))
    put(root / "shared/Rag/vv1.5.0", managed("Rag", "1.5.0"))
    said = {"Rag": {"version": "1.4.0", "enabled": False, "user_config": {"color": "red"}}}
    put(root / f"users/user_{BEN}", {"installed_plugins.json": json.dumps(said)})
    return root


async def preview(root: Path, data: Path, database: Path | None = None, **names: Renamed) -> Plan:
    return await running.preview(Order(root, database, names), DataDirectory.at(data), shown)


async def migrate(root: Path, data: Path, database: Path | None = None, **names: Renamed) -> Result:
    return await running.apply(Order(root, database, names), DataDirectory.at(data), 0, shown)


async def take_back(data: Path, result: Result, *, force: bool = False) -> None:
    await running.roll_back(DataDirectory.at(data), result.migration, force=force)


@asynccontextmanager
async def server(data: Path) -> AsyncIterator[Hub]:
    async with serving(settings(data)) as hub:
        yield hub


async def has(hub: Hub, user: str) -> dict[str, Any]:
    url = f"/api/plugins/installed?user={user}"
    async with hub.client.get(url, headers=hub.operator) as answer:
        return {it["slug"]: it for it in (await answer.json())["installations"]}


EVERYBODY = {
    ANN: {"random-color": "2.0.0", "Chat": "1.0.0"},
    BEN: {"random-color": "2.0.0", "Chat": "1.0.0", "Rag": "1.4.0"},
    CLEO: {"Chat": "1.0.0+b2", "pluginA": "1.0.0"},
}


async def test_a_preview_changes_nothing_and_says_what_would_be(old: Path, tmp_path: Path) -> None:
    before = content(old)
    plan = await preview(old, tmp_path / "data")
    assert not (tmp_path / "data").exists()
    assert content(old) == before
    gets = {it.id: {h.content.slug: h.content.becomes for h in it.holdings} for it in plan.people}
    assert gets == EVERYBODY
    assert {str(it) for it in plan.contents} == {
        "Chat@1.0.0",
        "Chat@1.0.0+b2",
        "Rag@1.4.0",
        "Rag@1.5.0",
        "Settings@1.0.0",
        "pluginA@1.0.0",
        "random-color@2.0.0",
    }
    assert (plan.copies, plan.installations, plan.skipped) == (10, 7, [])
    assert [it.about for it in plan.conflicts] == ["Chat 1.0.0"]


async def test_a_preview_leaves_a_target_as_it_is(old: Path, tmp_path: Path) -> None:
    await migrate(old, tmp_path / "data")
    before = content(tmp_path / "data")
    plan = await preview(old, tmp_path / "data")
    assert content(tmp_path / "data") == before
    assert all(it.published for it in plan.contents)
    assert all(person.exists for person in plan.people)


async def test_everybody_is_served_what_they_had_byte_for_byte(old: Path, tmp_path: Path) -> None:
    result = await migrate(old, tmp_path / "data")
    assert (result.problems, result.applied.skipped) == ([], [])
    assert (result.applied.releases, result.applied.users, result.applied.installations) == (
        7,
        3,
        7,
    )
    async with server(tmp_path / "data") as hub:
        for user, plugins in EVERYBODY.items():
            assert {slug: it["version"] for slug, it in (await has(hub, user)).items()} == plugins
        patched = (old / f"user_{CLEO}/Chat/dist/remoteEntry.js").read_bytes()
        async with hub.database.snapshot() as connection:
            cleo = await users.get(connection, CLEO)
        headers = await hub.sign_in(cleo)
        entry = (await hub.designer(headers))["Chat"]
        answer = await hub.load(entry)
        assert (answer.status, await answer.read()) == (200, patched)
        rag = (await has(hub, BEN))["Rag"]
        assert rag["enabled"] is False
        found = await hub.client.get(f"/api/plugins/Rag/config?user={BEN}", headers=hub.operator)
        assert (await found.json())["set"] == {"color": "red"}


async def test_a_second_run_does_nothing_twice(old: Path, tmp_path: Path) -> None:
    await migrate(old, tmp_path / "data")
    again = await migrate(old, tmp_path / "data")
    applied = again.applied
    assert (applied.releases, applied.users, applied.installations) == (0, 0, 0)
    assert (applied.skipped, again.problems) == ([], [])


async def test_what_is_there_already_stays_and_is_not_doubled(old: Path, tmp_path: Path) -> None:
    async with server(tmp_path / "data") as hub:
        await hub.publish(bundles.bundle("Chat"))
        ann = {"id": ANN, "name": "ann"}
        async with hub.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO users (id, name, role, created_at, updated_at)"
                " VALUES (:id, :name, 'user', 1, 1)",
                ann,
            )
        answer = await hub.client.post(
            "/api/plugins/Chat/install?user=ann", json={}, headers=hub.operator
        )
        assert answer.status == 201
    result = await migrate(old, tmp_path / "data")
    assert [it.reason for it in result.applied.skipped] == ["ann has Chat@1.0.0 here, and keeps it"]
    async with server(tmp_path / "data") as hub:
        assert (await has(hub, "ann"))["Chat"]["version"] == "1.0.0"
        assert (await has(hub, BEN))["Chat"]["version"] == "1.0.0+b2"


class StopError(BaseException):
    """Stands for the end of the process."""


async def test_wherever_it_is_killed_a_second_run_completes_it(old: Path, tmp_path: Path) -> None:
    steps = 0

    def dying(at: int) -> Any:
        @contextmanager
        def shown(_name: str) -> Iterator[Progress]:
            def progress(_done: int, _total: int) -> None:
                nonlocal steps
                steps += 1
                if steps == at:
                    raise StopError

            yield progress

        return shown

    at = 1
    while True:
        data = tmp_path / f"data{at}"
        steps = 0
        try:
            await running.apply(Order(old, None, {}), DataDirectory.at(data), 0, dying(at))
            break
        except StopError:
            pass
        result = await migrate(old, data)
        assert (result.problems, result.applied.skipped) == ([], []), at
        assert len(list((data / "migrations").iterdir())) == 1
        async with server(data) as hub:
            for user, plugins in EVERYBODY.items():
                found = await has(hub, user)
                assert {slug: it["version"] for slug, it in found.items()} == plugins, at
        at += 3
    assert at > 15


@pytest.mark.parametrize("killed", [False, True])
async def test_taking_it_back_leaves_everything_as_it_was(
    old: Path, tmp_path: Path, killed: bool
) -> None:
    async with server(tmp_path / "data") as hub:
        await hub.publish(bundles.bundle())
        await hub.add_user("ann")
    before = content(tmp_path / "data")
    if killed:

        @contextmanager
        def dying(name: str) -> Iterator[Progress]:
            def progress(done: int, _total: int) -> None:
                if name == "migrating" and done == 9:
                    raise StopError

            yield progress

        order = Order(old, None, {})
        with pytest.raises(StopError):
            await running.apply(order, DataDirectory.at(tmp_path / "data"), 0, dying)
        [folder] = (tmp_path / "data/migrations").iterdir()
        migration = folder.name
    else:
        migration = (await migrate(old, tmp_path / "data")).migration
    assert content(tmp_path / "data") != before
    await running.roll_back(DataDirectory.at(tmp_path / "data"), migration, force=False)
    assert content(tmp_path / "data") == before


async def test_taking_it_back_leaves_nothing_where_there_was_nothing(
    old: Path, tmp_path: Path
) -> None:
    result = await migrate(old, tmp_path / "data")
    await take_back(tmp_path / "data", result)
    assert not (tmp_path / "data").exists()


async def test_what_users_changed_since_is_not_lost_unless_it_is_forced(
    old: Path, tmp_path: Path
) -> None:
    result = await migrate(old, tmp_path / "data")
    async with server(tmp_path / "data") as hub:
        url = f"/api/plugins/Chat/disable?user={ANN}"
        assert (await hub.client.post(url, headers=hub.operator)).status == 200
    with pytest.raises(ConflictError, match="users changed something since"):
        await take_back(tmp_path / "data", result)
    await take_back(tmp_path / "data", result, force=True)
    with pytest.raises(NotFoundError, match="there is no migration"):
        await take_back(tmp_path / "data", result)


async def test_a_server_that_only_ran_is_no_change(old: Path, tmp_path: Path) -> None:
    result = await migrate(old, tmp_path / "data")
    async with server(tmp_path / "data") as hub:
        await hub.client.post("/api/plugins/system/cleanup", headers=hub.operator)
    await take_back(tmp_path / "data", result)
    left = {path.name for path in (tmp_path / "data").rglob("*")}
    assert left == set()


# With the database of the old application


def rows() -> dict[str, list[dict[str, Any]]]:
    chat = f"{ANN}_Chat"
    hashed = bcrypt.hashpw(b"correct horse", bcrypt.gensalt(4)).decode()
    return {
        "users": [
            {"id": ANN, "username": "ann", "email": "ann@example.org", "hashed_password": hashed},
            {"id": DASHED, "username": "cleo", "email": None, "hashed_password": None},
            {"id": "d" * 32, "username": "dora", "email": None, "hashed_password": None},
        ],
        "plugin": [
            plugin_row(ANN, "Chat", enabled=0, long_description="mine"),
            plugin_row(ANN, "random-color", "2.0.0"),
            plugin_row(ANN, "Gone"),
            plugin_row("d" * 32, "Rag", "1.5.0"),
        ],
        "module": [
            {
                "id": f"{chat}_Face",
                "plugin_id": chat,
                "user_id": ANN,
                "name": "Face",
                "enabled": 0,
                "props": '{"size": 3}',
            },
            {
                "id": f"{ANN}_randomcolor_Face",
                "plugin_id": f"{ANN}_randomcolor",
                "user_id": ANN,
                "name": "Face",
                "enabled": 1,
                "props": "{}",
            },
        ],
        "plugin_states": [
            {
                "id": "s1",
                "user_id": ANN,
                "plugin_id": chat,
                "state_key": "k",
                "state_data": '{"a": 1}',
            },
            {"id": "s2", "user_id": ANN, "plugin_id": chat, "state_strategy": "nonsense"},
        ],
    }


async def test_what_the_database_knows_comes_along(old: Path, tmp_path: Path) -> None:
    database = application(tmp_path / "app.db", **rows())
    result = await migrate(old, tmp_path / "data", database)
    assert result.problems == []
    told = [(it.path, it.reason) for it in result.plan.skipped]
    assert told == [("ann", "the files of Gone 1.0.0 are not there")]
    assert [it.path for it in result.applied.skipped] == ["a state of ann"]
    async with server(tmp_path / "data") as hub:
        login = {"email": "ann@example.org", "password": "correct horse"}
        async with hub.client.post("/api/v1/auth/login", json=login) as answer:
            assert answer.status == 200
            token = (await answer.json())["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        installed = await has(hub, "ann")
        assert installed["Chat"]["enabled"] is False
        assert installed["Chat"]["installed_at"] == "2025-03-01T10:00:00Z"
        assert set(await has(hub, "dora")) == {"Rag"}
        assert set(await has(hub, "cleo")) == {"Chat", "pluginA"}
        url = "/api/v1/plugin-state/"
        async with hub.client.get(url, headers=headers) as answer:
            assert [it["id"] for it in await answer.json()] == ["s1"]


async def test_ids_that_saved_pages_know_stay(old: Path, tmp_path: Path) -> None:
    database = application(tmp_path / "app.db", **rows())
    await migrate(old, tmp_path / "data", database)
    async with server(tmp_path / "data") as hub:
        async with hub.database.snapshot() as connection:
            ann = await users.get(connection, "ann")
        headers = await hub.sign_in(ann)
        entry = (await hub.designer(headers))["random-color"]
        assert entry["database_id"] == f"{ANN}_randomcolor"
        assert (await hub.load(entry)).status == 200
        url = f"/api/v1/plugins/{ANN}_randomcolor"
        for method, path in (("GET", f"{url}/info"), ("DELETE", url)):
            async with hub.client.request(method, path, headers=headers) as answer:
                assert answer.status == 200, path


async def test_settings_are_of_the_user_however_the_old_system_spelled_their_id(
    old: Path, tmp_path: Path
) -> None:
    files = managed("Talk")
    files["lifecycle_manager.py"] += "DEFINITION = 'chat_colors'\n"
    put(old / f"user_{CLEO}/Talk", files)
    tables = {
        "settings_definitions": [{"id": "chat_colors", "name": "Colors"}],
        "settings_instances": [
            {"id": "i1", "definition_id": "chat_colors", "user_id": DASHED, "value": "red"}
        ],
    }
    await migrate(old, tmp_path / "data", application(tmp_path / "app.db", **rows(), **tables))
    async with server(tmp_path / "data") as hub, hub.database.snapshot() as connection:
        kept = await fetch_all(
            connection, "SELECT content FROM plugin_rows WHERE table_name = 'settings_instances'"
        )
    assert [json.loads(row["content"])["user_id"] for row in kept] == [CLEO]


async def test_names_can_be_chosen(old: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    await migrate(old, data, None, **{BEN: Renamed("benjamin", "ben@example.org")})
    async with server(data) as hub:
        assert set(await has(hub, "ben@example.org")) == {"random-color", "Chat", "Rag"}


# Damaged sources


async def test_what_is_unsafe_is_not_followed_and_the_rest_is_taken(
    old: Path, tmp_path: Path
) -> None:
    (old / f"{ANN}/Chat/secret").symlink_to("/etc/passwd")
    put(old / f"{BEN}/Broken", {"plugin.json": "{"})
    put(old / f"{BEN}/with space", oldest("x"))
    put(old / f"{BEN}/Twice", {**oldest("Twice"), "A.js": "1", "a.js": "2"})
    os.mkfifo(put(old / f"{BEN}/Pipe", oldest("Pipe")) / "pipe")
    result = await migrate(old, tmp_path / "data")
    assert {it.path: it.reason.partition(":")[0] for it in result.plan.skipped} == {
        f"{ANN}/Chat": "'secret' is a symbolic link",
        f"{BEN}/Broken": "plugin.json",
        f"{BEN}/with space": "slug",
        f"{BEN}/Twice": "entry 'A.js' and 'a.js' differ only in spelling",
        f"{BEN}/Pipe": "'pipe' is not a regular file",
    }
    assert result.problems == []
    async with server(tmp_path / "data") as hub:
        assert set(await has(hub, ANN)) == {"random-color"}
        assert set(await has(hub, BEN)) == {"random-color", "Chat", "Rag"}
    assert not any(path.is_symlink() for path in (tmp_path / "data").rglob("*"))


async def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSourceError, match=r"missing cannot be read: No such file"):
        await preview(tmp_path / "missing", tmp_path / "data")


async def test_a_source_that_changes_meanwhile_is_told(old: Path, tmp_path: Path) -> None:
    @contextmanager
    def changing(name: str) -> Iterator[Progress]:
        if name == "validating":
            os.system(f"echo other > {old}/{ANN}/Chat/dist/lazy.js")  # noqa: S605 - of the test
        yield lambda _done, _total: None

    order = Order(old, None, {})
    result = await running.apply(order, DataDirectory.at(tmp_path / "data"), 0, changing)
    assert [it.partition(":")[0] for it in result.problems] == ["Chat@1.0.0"]
