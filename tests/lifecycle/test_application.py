import json
from dataclasses import replace
from typing import Any

import pytest

from pluginhub.lifecycle import application
from pluginhub.lifecycle.columns import MODULE_JSON, PLUGIN_JSON
from pluginhub.manifest import Manifest
from pluginhub.models import Installation, ModuleSettings, Release
from tests import bundles

MODULES = [
    {"name": "Face", "display_name": "Clock face", "props": {"size": 1}, "tags": ["time"]},
    {"name": "Bell", "priority": 3},
]
MANIFEST = Manifest.model_validate(
    bundles.manifest(
        modules=MODULES,
        description="Tells the time",
        author="Ann",
        permissions=["net"],
        requires={"host": ">=1"},
    )
)
RELEASE = Release(
    id=1,
    slug="Clock",
    version="1.0.0",
    digest="",
    size=1,
    manifest=MANIFEST,
    source_type="local-file",
    source_url="local://Clock",
    published_at=0,
    published_by=None,
    application={
        "type": "widget",
        "official": True,
        "compatibility": None,
        "secret_column": "x",
        "user_id": "somebody",
    },
)
CLOCK = Installation("i", "u" * 32, RELEASE, True, {}, 1_750_000_000, 1_750_000_060)


def test_the_row_of_a_plugin_joins_what_is_known_of_it() -> None:
    row = application.plugin_row(CLOCK)
    assert (row["id"], row["user_id"]) == (f"{'u' * 32}_Clock", "u" * 32)
    assert (row["plugin_slug"], row["version"], row["scope"]) == ("Clock", "1.0.0", "Clock")
    assert (row["name"], row["author"], row["permissions"]) == ("The Clock", "Ann", ["net"])
    assert (row["description"], row["bundle_location"]) == ("Tells the time", bundles.ENTRY)
    assert (row["created_at"], row["updated_at"]) == ("2025-06-15 15:06:40", "2025-06-15 15:07:40")
    assert row["last_updated"] == row["updated_at"]
    assert (row["source_type"], row["source_url"]) == ("local-file", "local://Clock")
    assert (row["type"], row["official"], row["plugin_type"]) == ("widget", True, "frontend")
    assert row["compatibility"] == ">=1"
    assert "secret_column" not in row


def test_what_a_user_has_of_a_plugin_goes_before_what_it_declares() -> None:
    mine = replace(CLOCK, enabled=False, attributes={"name": "Mine", "version": "9"})
    row = application.plugin_row(mine)
    assert (row["name"], row["version"], row["enabled"]) == ("Mine", "1.0.0", False)
    assert row["id"] == application.plugin_id("u" * 32, "Clock")


def test_ids_of_an_older_system_stay() -> None:
    settings = ModuleSettings(attributes={"id": "old_face"})
    mine = replace(CLOCK, attributes={"id": "old"}, modules={"Face": settings})
    face, bell = application.module_rows(mine)
    assert application.plugin_row(mine)["id"] == face["plugin_id"] == bell["plugin_id"] == "old"
    assert (face["id"], bell["id"]) == ("old_face", f"{'u' * 32}_Clock_Bell")
    assert application.names_of(mine) == ("old", f"{'u' * 32}_Clock", "Clock")
    assert application.names_of(CLOCK) == (f"{'u' * 32}_Clock", "Clock")


def test_the_rows_of_modules_stand_in_the_order_of_the_manifest() -> None:
    settings = ModuleSettings(False, {"props": {"size": 2}, "name": "Other"})
    face, bell = application.module_rows(replace(CLOCK, modules={"Face": settings}))
    assert (face["name"], bell["name"]) == ("Face", "Bell")
    assert face["id"] == f"{'u' * 32}_Clock_Face"
    assert face["plugin_id"] == bell["plugin_id"] == f"{'u' * 32}_Clock"
    assert (face["enabled"], bell["enabled"]) == (False, True)
    assert (face["props"], face["tags"], bell["priority"]) == ({"size": 2}, ["time"], 3)
    assert face["user_id"] == bell["user_id"] == "u" * 32


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (application.plugin_row(CLOCK), PLUGIN_JSON),
        (application.module_rows(CLOCK)[0], MODULE_JSON),
    ],
    ids=["plugin", "module"],
)
def test_a_row_that_comes_back_as_it_went_differs_in_nothing(
    row: dict[str, Any], columns: frozenset[str]
) -> None:
    text = application.to_text(row, columns)
    assert all(isinstance(text[name], str) for name in columns)
    assert json.loads(text["dependencies"]) == []
    assert application.changed(text, row, columns) == {}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"name": "Mine"}, {"name": "Mine"}),
        ({"config_fields": '{"a": 1}'}, {"config_fields": {"a": 1}}),
        ({"config_fields": "{broken"}, {}),
        ({"config_fields": "[" * 100_000}, {}),
        ({"config_fields": '{"a": NaN}', "messages": '{"a": 1e999}'}, {}),
        ({"config_fields": "5", "permissions": '"all"'}, {}),
        ({"icon": True, "description": 5.5, "author": "x" * 10_001}, {}),
        ({"config_fields": None}, {}),
        ({"name": None, "scope": None, "official": None}, {}),
        ({"long_description": ""}, {}),
        ({"description": ""}, {"description": ""}),
        ({"official": 1}, {}),
        ({"official": 0}, {"official": False}),
        ({"is_local": 0}, {}),
        ({"version": "9", "enabled": 0, "user_id": "x", "created_at": "x"}, {}),
        ({"plugin_slug": "x", "id": "x", "last_updated": "x"}, {}),
        ({"unknown": 1}, {}),
        ({"downloads": 7}, {"downloads": 7}),
        ({"downloads": "many", "name": 5, "author": 5, "long_description": 5}, {}),
        ({"downloads": -1, "scope": "{}", "type": "[]"}, {"scope": "{}", "type": "[]"}),
        ({"config_fields": "[1]", "permissions": '{"a": 1}', "messages": "[1]"}, {}),
        ({"backend_dependencies": '["redis"]'}, {"backend_dependencies": ["redis"]}),
        ({"config_fields": '{"a": "\\ud800"}'}, {}),
    ],
)
def test_only_what_says_something_else_is_a_change(
    written: dict[str, Any], expected: dict[str, Any]
) -> None:
    row = application.plugin_row(CLOCK)
    text = {**application.to_text(row, PLUGIN_JSON), **written}
    found = application.changed(text, row, PLUGIN_JSON)
    assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_a_package_declares_columns_of_the_kind_that_frontends_read() -> None:
    fits = {"type": "widget", "official": True, "downloads": 3, "backend_dependencies": ["x"]}
    odd = {
        "downloads": "many",
        "official": 1,
        "long_description": ["x"],
        "config_fields": [1],
        "messages": {"a": "\ud800"},
        "latest_version": None,
        "user_id": "somebody",
    }
    assert application.declared({**fits, **{k: v for k, v in odd.items() if k not in fits}}) == fits
    assert application.declared(odd) == {}


def test_a_plugin_always_says_where_it_came_from() -> None:
    mine = replace(CLOCK, attributes={"source_url": ""})
    assert application.plugin_row(mine)["source_url"] == "local://Clock"
