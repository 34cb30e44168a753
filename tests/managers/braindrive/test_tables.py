import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pluginhub.errors import HookAnswerError
from pluginhub.managers.braindrive import tables


@pytest.fixture(name="connection")
def _connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        tables.create(connection)
        yield connection


def names(connection: sqlite3.Connection, table: str) -> list[Any]:
    return [row["name"] for row in tables.dump(connection)[table]]


def test_what_was_filled_in_is_dumped_in_its_order(connection: sqlite3.Connection) -> None:
    rows: tables.Rows = {
        "plugin": [{"id": "u_p", "plugin_slug": "p", "user_id": "u", "enabled": 0}],
        "module": [
            {"id": "z", "plugin_id": "u_p", "name": "first", "priority": 1.5},
            {"id": "a", "plugin_id": "u_p", "name": None},
        ],
        "plugin_states": [{"id": "s", "state_data": '{"a": 1}', "version": 3}],
    }
    tables.fill(connection, rows)
    dumped = tables.dump(connection)
    assert list(dumped) == list(tables.KEPT)
    for table, found in rows.items():
        shown = [
            {name: row[name] for name in given}
            for given, row in zip(found, dumped[table], strict=True)
        ]
        assert shown == found
    assert dumped["pages"] == []
    tables.create(second := sqlite3.connect(":memory:"))
    with closing(second):
        tables.fill(second, dumped)
        assert tables.dump(second) == dumped


def test_a_rollback_leaves_what_was_filled_in(connection: sqlite3.Connection) -> None:
    tables.fill(connection, {"pages": [{"id": "1", "name": "kept"}]})
    connection.execute("DELETE FROM pages")
    connection.rollback()
    assert names(connection, "pages") == ["kept"]


def test_unknown_tables_and_columns_are_left_out(connection: sqlite3.Connection) -> None:
    rows = {"pages": [{"id": "1", "name": "kept", "colour": "red"}], "secrets": [{"id": "1"}]}
    tables.fill(connection, rows)
    assert names(connection, "pages") == ["kept"]
    assert "colour" not in tables.dump(connection)["pages"][0]
    assert "secrets" not in tables.dump(connection)


def test_json_is_stored_as_its_text(connection: sqlite3.Connection) -> None:
    tables.fill(connection, {"pages": [{"id": "1", "content": {"a": [1]}, "icon": "5"}]})
    (page,) = tables.dump(connection)["pages"]
    assert (page["content"], page["icon"]) == ('{"a": [1]}', "5")


def test_defaults_are_those_of_the_older_system(connection: sqlite3.Connection) -> None:
    rows = {
        "plugin": [{"id": "p"}],
        "module": [{"id": "m", "plugin_id": "p"}],
        "plugin_service_runtime": [{"id": "s"}],
    }
    tables.fill(connection, rows)
    dumped = tables.dump(connection)
    plugin = dumped["plugin"][0]
    assert {name: value for name, value in plugin.items() if value is not None} == {
        "id": "p",
        "type": "frontend",
        "plugin_type": "frontend",
        "enabled": 1,
        "status": "activated",
        "compatibility": "1.0.0",
        "downloads": 0,
        "is_local": 0,
        "update_available": 0,
        "installation_type": "local",
    }
    assert (dumped["module"][0]["enabled"], dumped["module"][0]["priority"]) == (1, 0)
    assert dumped["plugin_service_runtime"][0]["status"] == "pending"


def test_users_can_be_read_and_are_not_handed_back(connection: sqlite3.Connection) -> None:
    tables.fill(connection, {"users": [{"id": "u", "username": "ann", "email": None}]})
    assert connection.execute("SELECT id, username FROM users").fetchall() == [("u", "ann")]
    assert "users" not in tables.dump(connection)


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("plugin", {"id": "2", "user_id": "u", "plugin_slug": "s"}),
        ("plugin", {"id": "1"}),
        ("module", {"id": "1", "plugin_id": "p"}),
        ("pages", {"id": "2", "route": "r", "creator_id": "u"}),
        ("settings_definitions", {"id": "1"}),
        ("settings_instances", {"id": "1"}),
        ("plugin_states", {"id": "1"}),
        ("plugin_service_runtime", {"id": "1"}),
        ("plugin", {"name": "no id"}),
    ],
)
def test_keys_are_unique(connection: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    first = {
        "plugin": {"id": "1", "user_id": "u", "plugin_slug": "s"},
        "module": {"id": "1", "plugin_id": "p"},
        "pages": {"id": "1", "route": "r", "creator_id": "u"},
    }
    tables.fill(connection, {table: [first.get(table, {"id": "1"})]})
    with pytest.raises(sqlite3.IntegrityError):
        tables.fill(connection, {table: [row]})


def test_one_module_id_may_stand_under_two_plugins(connection: sqlite3.Connection) -> None:
    tables.fill(connection, {"module": [{"id": "1", "plugin_id": "p"}]})
    tables.fill(connection, {"module": [{"id": "1", "plugin_id": "q"}]})
    assert len(tables.dump(connection)["module"]) == 2


@pytest.mark.parametrize("value", ["x'ff'", "9e999", "-9e999"])
def test_a_value_that_is_no_json_is_refused(connection: sqlite3.Connection, value: str) -> None:
    connection.execute(f"INSERT INTO pages (id, content) VALUES ('1', {value})")
    with pytest.raises(HookAnswerError, match=r"^pages\.content holds a value that is not JSON$"):
        tables.dump(connection)


def test_a_table_has_a_thousand_rows_at_most(connection: sqlite3.Connection) -> None:
    tables.fill(connection, {"pages": [{"id": str(number)} for number in range(1000)]})
    assert len(tables.dump(connection)["pages"]) == 1000
    tables.fill(connection, {"pages": [{"id": "more"}]})
    with pytest.raises(HookAnswerError, match=r"^pages holds more than 1000 rows$"):
        tables.dump(connection)


def test_a_table_that_has_no_end_is_refused(connection: sqlite3.Connection) -> None:
    connection.executescript(
        "DROP TABLE pages; CREATE VIEW pages AS WITH RECURSIVE endless (id) AS"
        " (SELECT 1 UNION ALL SELECT id + 1 FROM endless) SELECT id FROM endless;"
    )
    with pytest.raises(HookAnswerError, match="pages holds more than"):
        tables.dump(connection)


def test_tables_that_a_plugin_changed_are_dumped_as_far_as_they_are_known(
    connection: sqlite3.Connection,
) -> None:
    tables.fill(connection, {"module": [{"id": "1", "plugin_id": "p", "name": "kept"}]})
    connection.executescript(
        "DROP TABLE plugin; ALTER TABLE module ADD COLUMN colour TEXT;"
        "DROP TABLE pages; CREATE TABLE pages (colour TEXT); INSERT INTO pages VALUES ('red');"
        "DROP TABLE settings_definitions; CREATE TABLE settings_definitions (name TEXT);"
        "INSERT INTO settings_definitions VALUES ('one');"
    )
    dumped = tables.dump(connection)
    assert dumped["plugin"] == []
    assert dumped["pages"] == []
    assert dumped["settings_definitions"] == [{"name": "one"}]
    assert [row["name"] for row in dumped["module"]] == ["kept"]
    assert "colour" not in dumped["module"][0]
    tables.fill(connection, {"plugin": [{"id": "1"}]})


def definition(key: str, name: str) -> dict[str, Any]:
    return {"id": key, "name": name}


def instance(key: str, value: str, *, name: str = "n", page: str | None = None) -> dict[str, Any]:
    return {
        "id": key,
        "definition_id": "d",
        "name": name,
        "page_id": page,
        "user_id": "u",
        "value": value,
    }


def page(key: str, name: str, *, route: str | None = "r", creator: str = "u") -> dict[str, Any]:
    return {"id": key, "route": route, "creator_id": creator, "name": name}


def state(key: str, data: str) -> dict[str, Any]:
    return {"id": key, "user_id": "u", "plugin_id": "p", "state_key": data[:1], "state_data": data}


@pytest.mark.parametrize(
    ("table", "old", "fresh", "expected"),
    [
        (
            "settings_definitions",
            [definition("1", "old"), definition("3", "old too")],
            [definition("1", "fresh"), definition("2", "more")],
            ["fresh", "more", "old too"],
        ),
        ("settings_instances", [instance("1", "old")], [instance("2", "fresh")], ["old"]),
        (
            "settings_instances",
            [instance("1", "old", page="p")],
            [instance("1", "fresh", name="x"), instance("2", "more")],
            ["more", "old"],
        ),
        (
            "settings_instances",
            [instance("1", "old"), instance("2", "old too")],
            [instance("3", "fresh"), instance("4", "more", name="m")],
            ["more", "old", "old too"],
        ),
        (
            "pages",
            [page("1", "old")],
            [page("2", "fresh"), page("3", "more", route="x")],
            ["more", "old"],
        ),
        ("pages", [page("1", "old")], [page("2", "fresh", creator="v")], ["fresh", "old"]),
        ("pages", [page("1", "old", route="x")], [page("1", "fresh")], ["old"]),
        (
            "plugin_states",
            [state("1", "old")],
            [state("2", "other"), state("3", "x")],
            ["x", "old"],
        ),
    ],
    ids=[
        "definition by id",
        "instance by its key",
        "instance by id",
        "instances that were alike before",
        "page by its key",
        "page of another",
        "page by id",
        "state by its key",
    ],
)
def test_rows_of_the_user_take_the_place_of_fresh_ones(
    connection: sqlite3.Connection,
    table: str,
    old: list[dict[str, Any]],
    fresh: list[dict[str, Any]],
    expected: list[str],
) -> None:
    tables.fill(connection, {table: fresh})
    tables.take_over(connection, {table: old, "plugin": [{"id": "not taken"}]})
    dumped = tables.dump(connection)
    column = {"settings_instances": "value", "plugin_states": "state_data"}.get(table, "name")
    assert [row[column] for row in dumped[table]] == expected
    assert dumped["plugin"] == []


@pytest.mark.parametrize("table", ["pages", "settings_definitions"])
def test_rows_whose_table_is_gone_are_not_taken_over(
    connection: sqlite3.Connection, table: str
) -> None:
    connection.execute(f"DROP TABLE {table}")
    tables.take_over(connection, {table: [page("1", "old")]})
    assert tables.dump(connection)[table] == []
