import pytest

from pluginhub.lifecycle import application
from pluginhub.web.compat import ids

USER = "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f"


@pytest.mark.parametrize("slug", ["Clock", "Service_Example_API", "a-b", "_", "a" * 64])
def test_a_plugin_id_comes_apart_as_it_was_put_together(slug: str) -> None:
    assert ids.parse_plugin_id(application.plugin_id(USER, slug)) == (USER, slug)


@pytest.mark.parametrize(
    "text", ["Clock", "", "_", "_Clock", USER, USER[:-1] + "_Clock", USER.upper() + "_Clock"]
)
def test_what_does_not_begin_with_a_user_id_is_a_slug(text: str) -> None:
    assert ids.parse_plugin_id(text) == (None, text)
