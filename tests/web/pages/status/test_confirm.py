from pluginhub.accounts import api_tokens
from pluginhub.database import releases
from tests import bundles
from tests.conftest import OPERATOR, Hub
from tests.web.pages.visiting import Visitor


async def test_removing_an_owner_says_what_becomes_of_their_plugins(
    hub: Hub, admin: Visitor
) -> None:
    ann = await hub.add_user("ann", "admin")
    await api_tokens.create(hub.database, ann, "x", ("read",), None, actor=OPERATOR)
    headers = await hub.sign_in(ann)
    answer = await hub.client.post("/api/plugins", data=bundles.bundle(), headers=headers)
    assert answer.status == 201
    page = await admin.open("/status/confirm?action=remove-user&user=ann")
    assert "only admins publish them: Clock" in page.text
    assert "1 API token stops to work." in page.text
    assert page.links["Cancel"] == "/status/users/ann"


REFUSED: list[tuple[str, int]] = [
    ("", 422),
    ("action=explode", 422),
    ("action=yank", 404),
    ("action=yank&slug=Clock&version=1.0.0", 404),
    ("action=disable-user&user=nobody", 404),
    ("action=remove-user", 404),
    ("action=revoke-token&user=root&id=x", 404),
    ("action=yank&slug=Clock&version=1.0.0&next=https://example.org", 422),
]


async def test_what_does_not_exist_cannot_be_confirmed(admin: Visitor) -> None:
    for query, status in REFUSED:
        assert (await admin.open(f"/status/confirm?{query}")).status == status


async def test_looking_at_a_question_changes_nothing(hub: Hub, admin: Visitor) -> None:
    await hub.publish(bundles.bundle())
    page = await admin.open("/status/confirm?action=yank&slug=clock&version=1.0.0")
    assert "Withdraw Clock 1.0.0?" in page.text
    async with hub.database.snapshot() as connection:
        assert (await releases.get(connection, "Clock", "1.0.0")).yanked_at is None
