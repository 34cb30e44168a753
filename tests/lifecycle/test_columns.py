from typing import Any

import pytest

from pluginhub.lifecycle import application, columns
from tests.lifecycle.test_application import CLOCK

OURS = {"user_id", "plugin_id", "plugin_slug", "version", "enabled", "last_updated"}
TIMES = {"created_at", "updated_at"}


def test_what_may_differ_for_a_user_is_all_but_what_the_server_knows_better() -> None:
    assert application.plugin_row(CLOCK).keys() - OURS - TIMES == columns.OF_PLUGINS
    [module, *_] = application.module_rows(CLOCK)
    assert module.keys() - OURS - TIMES - {"name"} == columns.OF_MODULES


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"id": f"{'u' * 32}_clock", "status": "activated", "downloads": 7, "official": True},
        {"description": "", "permissions": ["net"], "config_fields": {"size": {"type": "number"}}},
    ],
)
def test_what_frontends_can_read_fits(attributes: dict[str, Any]) -> None:
    assert columns.misfits(attributes, columns.OF_PLUGINS) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", 5),
        ("status", None),
        ("description", None),
        ("official", 1),
        ("downloads", -1),
        ("downloads", True),
        ("permissions", {}),
        ("messages", []),
        ("config_fields", {"x": float("nan")}),
        ("long_description", "x" * 10_001),
        ("enabled", True),
        ("user_id", "u" * 32),
        ("display_name", "of a module"),
        ("unheard_of", "x"),
    ],
)
def test_what_no_column_holds_does_not_fit(name: str, value: object) -> None:
    attributes = {"author": "Ann", name: value}
    assert columns.misfits(attributes, columns.OF_PLUGINS) == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [("priority", 2**31), ("tags", "time"), ("name", "Other"), ("scope", "Clock")],
)
def test_modules_have_columns_of_their_own(name: str, value: object) -> None:
    attributes = {"display_name": "Face", "props": {"size": 1}, name: value}
    assert columns.misfits(attributes, columns.OF_MODULES) == [name]
