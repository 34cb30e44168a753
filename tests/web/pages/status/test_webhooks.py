from pluginhub.database import webhooks
from pluginhub.database.webhooks import Webhook
from tests.conftest import Hub
from tests.web.pages.status.conftest import Audited
from tests.web.pages.visiting import Visitor

URL = "https://hooks.invalid/<i>plugins</i>"


async def of(hub: Hub) -> list[Webhook]:
    async with hub.database.snapshot() as connection:
        return await webhooks.list_all(connection)


async def test_a_webhook_is_added_tried_switched_and_removed_after_a_question(
    hub: Hub, admin: Visitor, audited: Audited
) -> None:
    page = await admin.open("/status/webhooks")
    assert "Nobody is told what happens here." in page.text
    page = await admin.press(page, "Add", url=URL, events="published, yanked")
    [hook] = await of(hub)
    assert (hook.url, hook.events) == (URL, ("published", "yanked"))
    assert 'class="secret">' in page.html
    page = await admin.open("/status/webhooks")
    assert 'class="secret">' not in page.html
    assert "<i>" not in page.html
    page = await admin.press(page, URL, action="/test-webhook")
    assert "The trial was not taken." in page.text
    assert "test given up" in page.text
    page = await admin.press(page, URL, action="/disable-webhook")
    assert [hook.enabled for hook in await of(hub)] == [False]
    page = await admin.press(page, URL, action="/enable-webhook")
    assert [hook.enabled for hook in await of(hub)] == [True]
    page = await admin.follow(page, "Remove")
    assert "told nothing more" in page.text
    page = await admin.press(page, "Remove")
    assert page.url == "/status/webhooks?done=webhook-removed"
    assert await of(hub) == []
    actions = [action for _, action, _ in await audited()]
    assert actions[:4] == ["remove-webhook", "change-webhook", "change-webhook", "add-webhook"]


REFUSED: list[tuple[str, dict[str, str], int]] = [
    ("add-webhook", {"url": "ftp://example.org"}, 422),
    ("add-webhook", {"url": "https://example.org", "events": "exploded"}, 422),
    ("remove-webhook", {"id": "x"}, 404),
    ("test-webhook", {"id": "x"}, 404),
    ("enable-webhook", {}, 422),
]


async def test_what_makes_no_sense_is_refused(admin: Visitor) -> None:
    for action, fields, status in REFUSED:
        assert (await admin.post(f"/status/{action}", **fields)).status == status
        question = "/status/confirm?action=remove-webhook&id=x"
        assert (await admin.open(question)).status == 404
