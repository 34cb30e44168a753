"""The application as a whole: it starts, refuses to start, and remembers."""

import asyncio
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from pluginhub.app import PAGES, ROUTES, create_app
from pluginhub.config import Config, Lifecycle
from pluginhub.demo import host
from pluginhub.errors import DataDirectoryError, DataDirectoryInUseError
from pluginhub.web import keys
from pluginhub.web.routing import add_routes
from tests import bundles
from tests.conftest import Hub, hooked, settings
from tests.managers.workshop import until
from tests.web.conftest import running, serving


async def start(data: Path) -> None:
    """Start an application, and stop it at once."""
    async with TestServer(create_app(settings(data))):
        pass


async def test_a_server_that_answers_is_well(hub: Hub) -> None:
    answer = await hub.client.get("/healthz")
    assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_an_application_that_is_not_started_touches_nothing(tmp_path: Path) -> None:
    create_app(settings(tmp_path / "data"))
    assert not (tmp_path / "data").exists()


async def test_a_data_directory_that_hooks_could_read_is_refused() -> None:
    data = Path(sys.prefix) / "lib" / "pluginhub-data"
    with pytest.raises(DataDirectoryError, match="that hooks of plugins may read"):
        await start(data)
    assert not data.exists()


async def test_the_data_directory_is_made_for_its_owner_alone(hub: Hub) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in [hub.data, *hub.data.iterdir()]}
    assert {name for name, mode in modes.items() if mode & 0o077} == set()
    assert {"pluginhub.db", "shared", "staging", "trash", "capability.key"} <= modes.keys()


async def test_a_second_server_on_the_same_data_directory_is_refused(hub: Hub) -> None:
    with pytest.raises(DataDirectoryInUseError, match="in use by another pluginhub"):
        await start(hub.data)
    assert (await hub.client.get("/healthz")).status == 200


async def test_the_data_directory_is_free_again_after_a_stop(tmp_path: Path) -> None:
    for _ in range(3):
        await start(tmp_path / "data")


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        await hub.publish(bundles.bundle())
        headers = await hub.sign_in(await hub.add_user("ann"))
        await hub.install("Clock", headers)
        before = await hub.designer(headers)
        operator = hub.operator
    async with serving(settings(tmp_path / "data")) as hub:
        assert await hub.designer(headers) == before
        assert (await hub.load(before["Clock"])).status == 200
        assert (await hub.publish(bundles.bundle())).created is False
        assert hub.operator != operator
        assert (await hub.client.get("/api/users", headers=operator)).status == 401


async def test_what_an_earlier_process_left_is_cleared_away(tmp_path: Path) -> None:
    await start(tmp_path / "data")
    for folder in ("staging", "trash"):
        (tmp_path / "data" / folder / "leftover").mkdir()
    async with serving(settings(tmp_path / "data")) as hub:
        assert [*(hub.data / "staging").iterdir(), *(hub.data / "trash").iterdir()] == []


def make_garbage(data: Path) -> None:
    (data / "pluginhub.db").write_bytes(b"this is no database" * 1000)


def cut(data: Path) -> None:
    content = (data / "pluginhub.db").read_bytes()
    (data / "pluginhub.db").write_bytes(content[: len(content) // 2])


def make_newer(data: Path) -> None:
    connection = sqlite3.connect(data / "pluginhub.db")
    connection.execute("PRAGMA user_version = 9999")
    connection.close()


def make_foreign(data: Path) -> None:
    connection = sqlite3.connect(data / "pluginhub.db")
    connection.execute("PRAGMA application_id = 1")
    connection.close()


def damage_key(data: Path) -> None:
    (data / "capability.key").write_bytes(b"")


@pytest.mark.parametrize("damage", [make_garbage, cut, make_newer, make_foreign, damage_key])
async def test_a_damaged_data_directory_is_refused_and_let_alone(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    data = tmp_path / "data"
    await start(data)
    whole = {path: path.read_bytes() for path in data.iterdir() if path.is_file()}
    damage(data)
    damaged = (data / "pluginhub.db").read_bytes()
    with pytest.raises(DataDirectoryError):
        await start(data)
    assert (data / "pluginhub.db").read_bytes() == damaged
    for path, content in whole.items():  # a backup brings everything back
        path.write_bytes(content)
    await start(data)


@pytest.mark.parametrize("lose", [Path.unlink, lambda path: path.write_bytes(b"")])
async def test_a_database_that_was_lost_is_not_begun_anew(
    tmp_path: Path, lose: Callable[[Path], object]
) -> None:
    data = tmp_path / "data"
    async with serving(settings(data)) as hub:
        await hub.publish(bundles.bundle())
    whole = (data / "pluginhub.db").read_bytes()
    lose(data / "pluginhub.db")
    before = sorted(data.rglob("*"))
    with pytest.raises(DataDirectoryError, match="restore a backup of the database"):
        await start(data)
    assert sorted(data.rglob("*")) == before
    (data / "pluginhub.db").write_bytes(whole)
    async with serving(settings(data)) as hub:
        assert (await hub.publish(bundles.bundle())).created is False


async def test_without_its_log_a_database_is_an_older_one_and_what_is_newer_is_named(
    hub: Hub, tmp_path: Path
) -> None:
    await hub.publish(bundles.bundle())
    copy = tmp_path / "copy"
    shutil.copytree(hub.data, copy, ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    with capture_logs() as logged:
        async with serving(settings(copy)) as other:
            answer = await other.client.get("/api/plugins", headers=other.operator)
            assert await answer.json() == {"plugins": [], "total": 0}
    named = [event["path"] for event in logged if "without a row" in event["event"]]
    assert named == [str(copy / "shared/Clock/v1.0.0")]
    assert (copy / "shared/Clock/v1.0.0/pluginhub.json").is_file()


async def test_a_file_that_cannot_be_read_at_the_start_is_named(tmp_path: Path) -> None:
    (tmp_path / "data/capability.key").mkdir(parents=True)
    (tmp_path / "data/.lock").touch()
    with pytest.raises(DataDirectoryError, match=r"cannot be used: .*capability\.key"):
        await start(tmp_path / "data")


async def test_a_place_where_nothing_can_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    for data in (tmp_path / "file", tmp_path / "file" / "data"):
        with pytest.raises(DataDirectoryError, match="plugins_base_dir"):
            await start(data)


@pytest.mark.parametrize(("host", "status"), [("1.9.0", 201), ("2.0.0", 409), ("", 201)])
async def test_plugins_are_held_against_the_version_of_the_application(
    tmp_path: Path, host: str, status: int
) -> None:
    config = with_lifecycle(tmp_path / "data", host_version=host)
    async with serving(config) as hub:
        await hub.publish(bundles.bundle(requires={"host": "<2"}))
        headers = await hub.sign_in(await hub.add_user("ann"))
        answer = await hub.client.post("/api/plugins/Clock/install", headers=headers)
        assert answer.status == status, await answer.text()


def with_lifecycle(data: Path, **lifecycle: Any) -> Config:
    return settings(data).model_copy(update={"lifecycle": Lifecycle(**lifecycle)})


async def managers(hub: Hub) -> list[dict[str, Any]]:
    answer = await hub.client.get("/api/managers", headers=hub.operator)
    found: list[dict[str, Any]] = (await answer.json())["managers"]
    return found


async def test_the_memory_of_hooks_has_the_limit_that_is_set(tmp_path: Path) -> None:
    config = with_lifecycle(tmp_path / "data", hook_memory=64 * 1024 * 1024)
    body = "def on_install(self, context): context.config['size'] = len(bytearray({size}))"
    async with serving(config) as hub:
        headers = await hub.sign_in(await hub.add_user("ann"))
        for slug, size, status in [("Small", 10**6, 201), ("Large", 10**8, 502)]:
            await hub.publish(hooked(body.format(size=size), slug))
            answer = await hub.client.post(f"/api/plugins/{slug}/install", headers=headers)
            assert answer.status == status, await answer.text()


async def test_a_manager_that_is_idle_for_as_long_as_is_set_is_dropped(tmp_path: Path) -> None:
    async with serving(with_lifecycle(tmp_path / "data", manager_timeout=1)) as hub:
        await hub.publish(hooked("pass"))
        await hub.install("Clock", await hub.sign_in(await hub.add_user("ann")))
        assert len(await managers(hub)) == 1
        async with asyncio.timeout(5):
            while await managers(hub):
                pass


async def test_the_processes_of_hooks_end_with_the_application(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        await hub.publish(hooked("pass"))
        await hub.install("Clock", await hub.sign_in(await hub.add_user("ann")))
        [manager] = await managers(hub)
        assert psutil.pid_exists(manager["pid"])
    assert not psutil.pid_exists(manager["pid"])


async def test_two_servers_live_beside_each_other(hub: Hub, tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "other")) as other:
        await other.publish(bundles.bundle())
        assert other.app[keys.OPERATOR_TOKEN] != hub.app[keys.OPERATOR_TOKEN]
        answer = await hub.client.get("/api/plugins", headers=hub.operator)
        assert await answer.json() == {"plugins": [], "total": 0}


async def test_the_application_answers_what_the_table_says_and_nothing_else(hub: Hub) -> None:
    resources = hub.app.router.resources()
    found = {(route.method, resource.canonical) for resource in resources for route in resource}
    canonical = {(route.method, re.sub(r":[^}]*", "", route.path)) for route in [*ROUTES, *PAGES]}
    assert found == canonical


async def test_an_application_for_a_moment_begins_nothing_beside(tmp_path: Path) -> None:
    def work() -> set[str]:
        return {task.get_name() for task in asyncio.all_tasks()} & set(BACKGROUND)

    for for_a_moment, expected in [(True, set[str]()), (False, set(BACKGROUND))]:
        app = create_app(settings(tmp_path / "data"), for_a_moment=for_a_moment)
        async with TestServer(app):
            assert work() == expected


BACKGROUND = ("encodings", "incoming folder", "update checks")


async def test_no_policy_of_any_page_allows_anything_unsafe(tmp_path: Path) -> None:
    app = create_app(settings(tmp_path / "data"))
    add_routes(app, host.ROUTES)
    documents = [f"dist/page.{ending}" for ending in ("html", "svg", "xhtml", "xml", "pdf")]
    async with running(app, tmp_path / "data") as hub:
        plugin = {**bundles.files(), **dict.fromkeys(documents, b"<p>")}
        await hub.publish(bundles.tar_gz(plugin))
        headers = await hub.sign_in(await hub.add_user("ann"))
        await hub.install("Clock", headers)
        entry = (await hub.designer(headers))["Clock"]
        location = f"/api/v1/public/plugins/{entry['database_id']}"
        addresses = [f"{location}/{path}" for path in documents]
        routes = [route.path for route in [*ROUTES, *PAGES, *host.ROUTES] if route.method == "GET"]
        addresses += [re.sub("{[^}]*}", "missing", path) for path in routes]
        answers = [await hub.client.get(address, headers=headers) for address in addresses]
    found = [(answer, answer.headers.get("Content-Security-Policy", "")) for answer in answers]
    pages = [answer for answer in answers if SHOWN.search(answer.content_type)]
    assert {"/", "/docs", "/demo/", *addresses[:5]} <= {answer.url.path for answer in pages}
    assert all("default-src 'none'" in policy for answer, policy in found if answer in pages)
    assert [answer.url.path for answer, policy in found if "unsafe-" in policy] == []


SHOWN = re.compile("html|xml|pdf")  # in types of which a browser makes a document


# Safe mode


async def crash(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start a server whose start goes wrong."""

    async def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pluginhub.app.reconcile", fail)
        with pytest.raises(RuntimeError):
            await start(data)


async def test_after_three_starts_that_went_wrong_a_server_tries_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    for _ in range(3):
        await crash(data, monkeypatch)
    async with serving(settings(data)) as hub:
        assert (await hub.client.get("/healthz")).status == 200
        answer = await hub.client.get("/readyz")
        assert (answer.status, "safe mode" in await answer.text()) == (503, True)
    async with serving(settings(data)) as hub:  # it was stopped in good order
        assert (await hub.client.get("/readyz")).status == 200


async def test_what_is_refused_with_a_reason_is_no_start_that_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        await crash(data, monkeypatch)
    (data / "capability.key").write_bytes(b"short")
    with pytest.raises(DataDirectoryError, match="damaged"):
        await start(data)
    (data / "capability.key").unlink()
    await crash(data, monkeypatch)
    async with serving(settings(data)) as hub:
        assert not hub.app[keys.SAFE_MODE]


async def test_a_server_that_has_run_for_a_while_started_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluginhub.upkeep._WELL", 0.5)
    async with serving(settings(tmp_path / "data")) as hub:
        counted = hub.data / "starts"
        assert counted.exists()
        assert await until(lambda: not counted.exists())


async def test_in_safe_mode_files_are_served_and_no_hooks_run(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        await hub.publish(hooked("def on_uninstall(self, context): pass"))
        headers = await hub.sign_in(await hub.add_user("ann"))
        await hub.install("Clock", headers)
    data = tmp_path / "data"
    async with running(create_app(settings(data), safe_mode=True), data) as hub:
        entry = (await hub.designer(headers))["Clock"]
        assert (await hub.load(entry)).status == 200
        gone = await hub.client.delete("/api/plugins/Clock", headers=headers)
        assert (gone.status, (await gone.json())["code"]) == (503, "safe-mode")
        gone = await hub.client.delete("/api/plugins/Clock?skip_hooks=true", headers=headers)
        assert gone.status == 200
        swept = await hub.client.post("/api/plugins/system/cleanup", headers=hub.operator)
        assert (swept.status, (await swept.json())["code"]) == (503, "safe-mode")
        found = await hub.client.get("/api/plugins/system/stats", headers=hub.operator)
        assert (await found.json())["safe_mode"] is True
