import re

from pluginhub.accounts import users
from pluginhub.web import keys
from tests.conftest import OPERATOR, Hub
from tests.web.pages.conftest import Visit
from tests.web.pages.visiting import Visitor

OLD, NEW = "the old password", "the new password"


async def test_a_token_is_made_shown_once_and_revoked(hub: Hub, visit: Visit) -> None:
    ann = await visit()
    page = await ann.open("/account")
    assert "No program acts for you." in page.text
    page = await ann.press(page, "Make a token", name="build server", scope="install", expires="30")
    found = re.search(r"phub_[\w-]+", page.text)
    assert found
    token = {"Authorization": f"Bearer {found[0]}"}
    async with hub.client.get("/api/plugins/installed", headers=token) as answer:
        assert answer.status == 200
    page = await ann.open("/account")
    assert "build server install until" in page.text
    assert "phub_" not in page.html
    page = await ann.press(page, "Revoke build server")
    assert page.url == "/account?done=token-revoked"
    async with hub.client.get("/api/plugins/installed", headers=token) as answer:
        assert answer.status == 401


async def test_what_is_wrong_with_a_token_is_told(visit: Visit) -> None:
    ann = await visit()
    for fields in ({"name": "x", "scope": "admin"}, {"name": "x", "expires": "7"}, {}):
        assert (await ann.post("/account/create-token", **fields)).status == 422
    assert (await ann.post("/account/revoke-token", id="0" * 32)).status == 404
    assert (await ann.post("/account/explode")).status == 404


async def test_no_token_opens_the_account(hub: Hub, visit: Visit) -> None:
    ann = await visit()
    page = await ann.press(await ann.open("/account"), "Make a token", name="x")
    found = re.search(r"phub_[\w-]+", page.text)
    assert found
    thief = Visitor(hub, {"Authorization": f"Bearer {found[0]}"})
    assert (await thief.open("/account")).status == 403
    assert (await thief.post("/account/create-token", name="more")).status == 403


async def test_a_password_is_changed_by_who_knows_it(hub: Hub) -> None:
    passwords = hub.app[keys.PASSWORDS]
    user = await users.add(hub.database, passwords, "ann", actor=OPERATOR, password=OLD)
    ann = Visitor(hub, await hub.sign_in(user))
    page = await ann.open("/account")
    refused = await ann.press(page, "Change the password", current="wrong", password=NEW)
    assert (refused.status, "the current password is another one" in refused.text) == (422, True)
    page = await ann.press(page, "Change the password", current=OLD, password=NEW)
    assert page.url == "/account?done=password-changed"
    visitor = Visitor(hub)
    page = await visitor.press(await visitor.open("/sign-in"), "Sign in", name="ann", password=NEW)
    assert page.url == "/"
