import json
from dataclasses import replace
from typing import Any

import pytest

from pluginhub.database import plugin_rows, states, users
from pluginhub.errors import HookAnswerError
from pluginhub.lifecycle import application
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.rows import RowsIn, collect, difference
from pluginhub.lifecycle.status import status
from pluginhub.models import Actor, Installation, ModuleSettings
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import existing, of_family
from tests.packages.files import package
from tests.packages.template import source

# Answers its status with every row that it can see.
SPY = """
    async def get_plugin_status(self, user_id, db):
        seen = {}
        for table in (
            "users", "plugin", "module", "plugin_states", "settings_definitions",
            "settings_instances", "pages", "plugin_service_runtime",
        ):
            found = await db.execute(text(f"SELECT * FROM {table}"))
            seen[table] = [dict(row._mapping) for row in found.fetchall()]
        return {"status": "healthy", "seen": seen}

    async def _check_existing_plugin("""


async def have(shelf: Shelf, actor: Actor, slug: str = "Notes") -> Installation:
    """Install a plugin of the older system without running its hooks."""
    await install(shelf.resources, shelf.order(actor, skip_hooks=True), slug)
    return await shelf.installation(actor, slug)


async def rows_of(shelf: Shelf, installation: Installation) -> RowsIn:
    async with shelf.database.snapshot() as connection:
        user = await users.get_by_id(connection, installation.user_id)
        return await collect(connection, user, installation)


async def store(shelf: Shelf, user: Actor, key: str, plugin_id: str, data: str = "{}") -> None:
    row = {"id": key, "plugin_id": plugin_id, "state_data": data, "state_key": key}
    async with shelf.database.transaction() as tx:
        await states.change(tx, id_of(user), removed=(), written=[row], now=1)


async def keep(shelf: Shelf, installation: Installation, **tables: Any) -> None:
    async with shelf.database.transaction() as tx:
        await plugin_rows.replace(tx, installation.id, tables)


async def test_a_hook_sees_only_what_its_user_has_of_its_plugin(shelf: Shelf) -> None:
    spying = source().replace("    async def _check_existing_plugin(", SPY[1:], 1)
    for slug in ("Notes", "Tasks"):
        await shelf.publish(bundles.tar_gz(package(slug, "1.0.0", spying)))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    for user in (ann, ben):
        for slug in ("Notes", "Tasks"):
            installation = await have(shelf, user, slug)
            page = {"id": f"{user.name}-{slug}", "route": slug, "creator_id": user.user_id}
            setting = {"id": f"{user.name}-{slug}", "value": slug, "user_id": user.user_id}
            await keep(shelf, installation, pages=[page], settings_instances=[setting])
            await store(shelf, user, f"{user.name}-{slug}", slug)
        await store(shelf, user, f"{user.name}-whole", f"{user.user_id}_Notes")
    found = (await status(shelf.resources, id_of(ann), "Notes")).details
    seen = found["seen"]
    assert [row["id"] for row in seen["users"]] == [ann.user_id]
    assert seen["users"][0]["email"] == "ann@example.org"
    assert [row["plugin_slug"] for row in seen["plugin"]] == ["Notes"]
    assert [row["id"] for row in seen["plugin"]] == [f"{ann.user_id}_Notes"]
    assert {row["plugin_id"] for row in seen["module"]} == {f"{ann.user_id}_Notes"}
    assert [row["id"] for row in seen["plugin_states"]] == ["ann-Notes", "ann-whole"]
    for table in ("pages", "settings_instances"):
        assert [row["id"] for row in seen[table]] == ["ann-Notes"]
    assert str(ben.user_id) not in str(seen)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("settings_instances", {"id": "1", "user_id": "BEN"}),
        ("pages", {"id": "1", "creator_id": "BEN"}),
        ("plugin_service_runtime", {"id": "1", "user_id": "BEN"}),
        ("settings_instances", {"id": "", "user_id": "ANN"}),
        ("pages", {"creator_id": "ANN"}),
        ("pages", {"id": 5}),
        ("pages", {"id": True}),
        ("pages", {"id": "x" * 256}),
        ("plugin", {"id": "ANN_Tasks", "plugin_slug": "Tasks", "user_id": "ANN"}),
        ("plugin", {"id": "BEN_Notes", "plugin_slug": "Notes", "user_id": "ANN"}),
        ("plugin", {"id": "ANN_Notes", "plugin_slug": "Tasks", "user_id": "ANN"}),
        ("plugin", {"id": "ANN_Notes", "plugin_slug": "Notes", "user_id": "BEN"}),
        ("module", {"id": "m", "plugin_id": "ANN_Tasks", "name": "Main", "user_id": "ANN"}),
        ("module", {"id": "m", "plugin_id": "ANN_Notes", "name": "Main", "user_id": "BEN"}),
        ("plugin_states", {"id": "1", "plugin_id": "Notes", "user_id": "BEN"}),
        ("plugin_states", {"id": "1", "plugin_id": "Tasks", "user_id": "ANN"}),
        ("plugin_states", {"id": "1", "plugin_id": None, "user_id": "ANN"}),
        ("plugin_states", {"id": "", "plugin_id": "Notes", "user_id": "ANN"}),
    ],
)
async def test_one_foreign_row_refuses_the_whole(
    shelf: Shelf, table: str, row: dict[str, Any]
) -> None:
    await shelf.publish(existing())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    installation = await have(shelf, ann)
    before = await rows_of(shelf, installation)
    filled = json.loads(json.dumps(row).replace("ANN", id_of(ann)).replace("BEN", id_of(ben)))
    answer = {**before.tables, table: [*before.tables[table], filled]}
    with pytest.raises(HookAnswerError, match=f"somebody else into the table {table}") as caught:
        difference(before, installation, answer)
    assert caught.value.fields == {"slug": "Notes", "version": "1.0.0", "table": table}


async def test_what_a_hook_leaves_as_it_was_is_no_difference(shelf: Shelf) -> None:
    await shelf.publish(existing())
    ann = await shelf.user()
    installation = await have(shelf, ann)
    await store(shelf, ann, "one", "Notes")
    await keep(shelf, installation, pages=[{"id": "1", "creator_id": ann.user_id}])
    before = await rows_of(shelf, installation)
    outcome = difference(before, installation, {**before.tables, "users": [{"user_id": "x"}]})
    assert outcome.installation == installation
    assert (outcome.states_removed, outcome.states_written) == ((), ())
    assert outcome.kept == {table: before.tables[table] for table in plugin_rows.TABLES}


async def test_of_rows_with_the_same_id_the_last_is_kept(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    before = await rows_of(shelf, installation)
    pages: list[dict[str, Any]] = [{"id": "1", "name": "a"}, {"id": "2"}, {"id": "1", "name": "b"}]
    kept = difference(before, installation, {**before.tables, "pages": pages}).kept
    assert kept
    await keep(shelf, installation, **kept)
    assert sorted(row["id"] for row in kept["pages"]) == ["1", "2"]
    assert {"id": "1", "name": "b"} in kept["pages"]


async def test_states_that_a_hook_changed_added_or_removed_are_told_apart(shelf: Shelf) -> None:
    await shelf.publish(existing())
    ann = await shelf.user()
    installation = await have(shelf, ann)
    for key in ("changed", "removed", "same"):
        await store(shelf, ann, key, "Notes")
    before = await rows_of(shelf, installation)
    changed, _, same = before.tables["plugin_states"]
    changed = {**changed, "state_data": "[1]"}
    added = {"id": "added", "plugin_id": f"{ann.user_id}_Notes", "state_data": "{}"}
    answer = {**before.tables, "plugin_states": [changed, same, added]}
    outcome = difference(before, installation, answer)
    assert outcome.states_removed == ("removed",)
    assert outcome.states_written == (changed, added)


async def test_what_the_server_knows_better_is_not_taken_from_a_hook(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    before = await rows_of(shelf, installation)
    [plugin], modules = before.tables["plugin"], before.tables["module"]
    plugin = {**plugin, "version": "9.9.9", "enabled": 0, "created_at": "x", "updated_at": "x"}
    plugin = {**plugin, "name": "My notes", "downloads": 7, "config_fields": '{"a": 1}'}
    modules = [{**row, "enabled": 0, "created_at": "x", "id": "x"} for row in modules]
    modules += [{**modules[0], "name": "Unknown", "display_name": "Ghost"}]
    outcome = difference(
        before, installation, {**before.tables, "plugin": [plugin], "module": modules}
    )
    assert outcome.installation == replace(
        installation, attributes={"name": "My notes", "downloads": 7, "config_fields": {"a": 1}}
    )
    shown = application.plugin_row(outcome.installation)
    assert (shown["name"], shown["version"], shown["enabled"]) == ("My notes", "1.0.0", True)


async def test_what_a_user_changed_of_a_plugin_stays_where_the_hook_left_it(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    mine = replace(installation, attributes={"name": "Mine", "downloads": 3})
    before = await rows_of(shelf, mine)
    [plugin] = before.tables["plugin"]
    assert (plugin["name"], plugin["downloads"]) == ("Mine", 3)
    answer = {**before.tables, "plugin": [{**plugin, "downloads": 0}]}
    assert difference(before, mine, answer).installation.attributes == {"name": "Mine"}


async def test_settings_of_a_module_that_are_the_users_outlive_what_a_hook_writes(
    shelf: Shelf,
) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    own_props = {"props": {"title": "Mine"}}
    own = {**own_props, "display_name": "Left over"}
    mine = replace(installation, modules={"Main": ModuleSettings(False, own)})
    before = await rows_of(shelf, installation)
    main, small = before.tables["module"]
    answer = {
        **before.tables,
        "module": [
            {**main, "props": '{"title": "New"}', "icon": "Star"},
            {**small, "tags": "[1", "layout": "[]", "priority": "high", "display_name": 5},
        ],
    }
    found = difference(before, mine, answer).installation.modules
    written = {"props": {"title": "New"}, "icon": "Star"}
    assert found == {"Main": ModuleSettings(False, {**written, **own_props}, written)}


async def test_what_a_hook_wrote_of_a_module_is_not_the_users(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    written = {"props": {"title": "1.0.0"}, "layout": {"minWidth": 3}}
    settings = ModuleSettings(True, {**written, "layout": {"minWidth": 9}}, written)
    mine = replace(installation, modules={"Main": settings})
    before = await rows_of(shelf, installation)
    main, small = before.tables["module"]
    news = {"props": '{"title": "2.0.0"}', "layout": '{"minWidth": 4}'}
    answer = {**before.tables, "module": [{**main, **news}, small]}
    found = difference(before, mine, answer).installation.modules["Main"]
    assert found.attributes == {"props": {"title": "2.0.0"}, "layout": {"minWidth": 9}}


async def test_a_hook_without_a_row_of_the_plugin_changes_nothing_of_it(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    before = await rows_of(shelf, installation)
    outcome = difference(before, replace(installation, attributes={"name": "Old"}), {})
    assert outcome.installation.attributes == {}
    assert outcome.kept == {table: [] for table in plugin_rows.TABLES}


async def test_a_users_settings_of_a_module_stay_if_the_hook_leaves_no_row(shelf: Shelf) -> None:
    await shelf.publish(existing())
    installation = await have(shelf, await shelf.user())
    name = installation.release.manifest.modules[0].name
    mine = {name: ModuleSettings(enabled=False, attributes={"priority": 7})}
    before = await rows_of(shelf, installation)
    outcome = difference(before, replace(installation, modules=mine), {})
    assert outcome.installation.modules == mine


STATE = """
await db.execute(
    text(
        "INSERT INTO plugin_states (id, user_id, plugin_id, state_key, state_data) VALUES"
        " (:id, :user_id, :plugin_id, '@VERSION@', '{}')"
    ),
    {"id": STATE_ID, "user_id": user_id, "plugin_id": "@SLUG@"},
)
"""


async def test_states_that_a_hook_writes_are_stored_and_those_that_it_removes_are_gone(
    shelf: Shelf,
) -> None:
    records = STATE.replace("STATE_ID", 'f"{user_id}_state"')
    deletions = 'await db.execute(text("DELETE FROM plugin_states"))'
    await shelf.publish(existing(records=records, deletions=deletions))
    await shelf.publish(existing(slug="Tasks", records=records, deletions=deletions))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await store(shelf, ann, "unrelated", "Board")
    for user in (ann, ben):
        await shelf.install(user, "Notes")
    [stored] = await shelf.states(ann, "Notes")
    assert (stored["id"], stored["state_data"]) == (f"{ann.user_id}_state", "{}")
    assert (stored["created_at"], stored["sync_status"]) == (shelf.clock.time, "synced")
    await shelf.uninstall(ann, "Notes")
    assert await shelf.states(ann, "Notes") == []
    assert len(await shelf.states(ann, "Board")) == len(await shelf.states(ben, "Notes")) == 1


async def test_the_state_of_another_user_is_never_overwritten(shelf: Shelf) -> None:
    await shelf.publish(existing(records=STATE.replace("STATE_ID", '"guessed"')))
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await store(shelf, ben, "guessed", "Notes", '{"secret": 1}')
    before = await shelf.state()
    with pytest.raises(HookAnswerError):
        await shelf.install(ann, "Notes")
    assert await shelf.state() == before
    assert (await shelf.last_entry()).result == "hook-answer"


async def test_settings_and_pages_outlive_an_update_and_go_with_the_plugin(shelf: Shelf) -> None:
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(of_family("settings", version))
    ann = await shelf.user()
    await shelf.install(ann, "Notes", "1.0.0")
    kept = await shelf.kept(ann, "Notes")
    [setting], [definition] = kept["settings_instances"], kept["settings_definitions"]
    setting = {**setting, "value": '{"theme": "light"}'}
    page = {"id": "p", "route": "notes", "creator_id": ann.user_id, "content": "{}"}
    tables = {"settings_instances": [setting], "settings_definitions": [definition]}
    await keep(shelf, await shelf.installation(ann, "Notes"), **tables, pages=[page])
    await shelf.update(ann, "Notes")
    after = await shelf.kept(ann, "Notes")
    assert [row["value"] for row in after["settings_instances"]] == ['{"theme": "light"}']
    assert [(row["id"], row["content"]) for row in after["pages"]] == [("p", "{}")]
    await shelf.roll_back(ann, "Notes")
    assert (await shelf.kept(ann, "Notes"))["settings_instances"] == after["settings_instances"]
    await shelf.uninstall(ann, "Notes")
    assert await shelf.rows("SELECT * FROM plugin_rows") == []
