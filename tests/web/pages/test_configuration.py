from typing import Any

from tests import bundles
from tests.conftest import Hub
from tests.web.pages.conftest import Visit
from tests.web.pages.visiting import Visitor

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "title": "Heading", "default": "Now", "maxLength": 10},
        "hands": {"type": "integer", "minimum": 1, "description": "How many <b>hands</b>"},
        "on": {"type": "boolean", "default": True},
        "zones": {"type": "array", "items": {"type": "string"}},
        "face": {
            "type": "object",
            "properties": {"colour": {"enum": ["red", "blue"]}, "size": {"type": "number"}},
        },
    },
    "required": ["hands"],
}


async def with_clock(hub: Hub, visit: Visit, schema: dict[str, Any] | None = SCHEMA) -> Visitor:
    await hub.publish(bundles.bundle(config_schema=schema))
    ann = await visit()
    await ann.post("/plugins/Clock/install")
    return ann


async def config(hub: Hub) -> Any:
    headers = {**hub.operator}
    async with hub.client.get("/api/plugins/Clock/config?user=ann", headers=headers) as answer:
        return (await answer.json())["set"]


async def test_a_form_is_made_of_the_schema_and_saved(hub: Hub, visit: Visit) -> None:
    ann = await with_clock(hub, visit)
    page = await ann.open("/plugins/Clock/configuration")
    assert "Heading" in page.text
    assert "How many <b>hands</b>" in page.text
    filled = {'["hands"]': "2", '["zones"]': "Oslo\r\n\r\nRome", '["face", "colour"]': "blue"}
    page = await ann.press(page, "Save", **filled)
    assert page.url == "/plugins/Clock?done=configured"
    assert await config(hub) == {"hands": 2, "zones": ["Oslo", "Rome"], "face": {"colour": "blue"}}
    page = await ann.open("/plugins/Clock/configuration")
    assert page.form("Save").fields['["zones"]'] == "Oslo\nRome"


async def test_what_does_not_suit_is_told_at_its_field_and_kept(hub: Hub, visit: Visit) -> None:
    ann = await with_clock(hub, visit)
    page = await ann.open("/plugins/Clock/configuration")
    filled = {'["hands"]': "0", '["title"]': "much too long for it", '["face", "size"]': "big"}
    page = await ann.press(page, "Save", **filled)
    assert page.status == 422
    assert "is no number" in page.text
    page = await ann.press(page, "Save", **{'["face", "size"]': ""})
    assert page.status == 422
    assert "0 is less than the minimum of 1" in page.text
    assert "is too long" in page.text
    assert page.form("Save").fields['["title"]'] == "much too long for it"
    assert page.html.count('aria-invalid="true"') == 2
    assert await config(hub) == {}


async def test_what_must_be_there_is_told(hub: Hub, visit: Visit) -> None:
    ann = await with_clock(hub, visit)
    page = await ann.press(await ann.open("/plugins/Clock/configuration"), "Save")
    assert page.status == 422
    assert "required" in page.text


async def test_without_a_schema_it_is_json(hub: Hub, visit: Visit) -> None:
    ann = await with_clock(hub, visit, None)
    page = await ann.open("/plugins/Clock/configuration")
    page = await ann.press(page, "Save", **{'["configuration"]': '{"a": [1, null]}'})
    assert await config(hub) == {"a": [1, None]}
    page = await ann.press(
        await ann.open("/plugins/Clock/configuration"), "Save", **{'["configuration"]': "{"}
    )
    assert "is no JSON" in page.text
    page = await ann.press(page, "Save", **{'["configuration"]': "[1]"})
    assert page.status == 422
    assert await config(hub) == {"a": [1, None]}


async def test_what_one_does_not_have_is_not_configured(hub: Hub, visit: Visit) -> None:
    await hub.publish(bundles.bundle())
    assert (await (await visit()).open("/plugins/Clock/configuration")).status == 404
