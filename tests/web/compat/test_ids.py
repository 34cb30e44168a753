from dataclasses import replace

import pytest

from pluginhub.lifecycle import application
from pluginhub.models import User
from pluginhub.web.compat import ids
from tests.lifecycle.test_application import CLOCK

USER = "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f"
ANN = User(USER, "ann", None, "user", True, 0, 0)
MINE = replace(CLOCK, user_id=USER)


@pytest.mark.parametrize("slug", ["Clock", "Service_Example_API", "a-b", "_", "a" * 64])
def test_a_plugin_id_comes_apart_as_it_was_put_together(slug: str) -> None:
    assert ids.parse_plugin_id(application.plugin_id(USER, slug)) == (USER, slug)


@pytest.mark.parametrize(
    "text", ["Clock", "", "_", "_Clock", USER, USER[:-1] + "_Clock", USER.upper() + "_Clock"]
)
def test_what_does_not_begin_with_a_user_id_is_a_slug(text: str) -> None:
    assert ids.parse_plugin_id(text) == (None, text)


@pytest.mark.parametrize(
    "text", ["Service_API", f"{USER}_Service_API", f"{USER.upper()}_Service_API"]
)
def test_a_slug_is_meant_by_itself_and_by_the_id_of_a_users_own_plugin(text: str) -> None:
    assert ids.slug_of(ANN, text) == "Service_API"


@pytest.mark.parametrize("text", [f"{'a' * 32}_Clock", USER, f"{USER}Clock", "", "_"])
def test_whatever_else_stays_whole_and_is_the_slug_of_no_plugin(text: str) -> None:
    assert ids.slug_of(ANN, text) == text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Face", "Face"),
        (f"{USER}_Clock_Face", "Face"),
        (f"{USER}_clock_Face", "Face"),
        (f"{USER}_Face", "Face"),
        ("face", None),
        (f"{USER}_Clock_face", None),
        (f"{'a' * 32}_Clock_Face", None),
        (f"{USER}_Other_Face", None),
        ("", None),
    ],
)
def test_a_module_is_meant_by_its_name_and_by_its_id(text: str, name: str | None) -> None:
    assert ids.module_of(MINE, text) == name
