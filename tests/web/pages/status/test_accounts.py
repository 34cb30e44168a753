"""What admins do to accounts and tokens; all of it is in the audit."""

import re

import pytest

from pluginhub.accounts import api_tokens
from pluginhub.database import users
from pluginhub.models import User
from tests.conftest import OPERATOR, Hub
from tests.web.pages.status.conftest import Audited, with_users
from tests.web.pages.visiting import Page, Visitor


async def find(hub: Hub, name: str) -> User | None:
    async with hub.database.snapshot() as connection:
        return await users.find(connection, name)


async def sign_in(hub: Hub, name: str, password: str) -> Page:
    visitor = Visitor(hub)
    page = await visitor.open("/sign-in")
    return await visitor.press(page, "Sign in", name=name, password=password)


async def test_a_user_is_added_with_a_password(hub: Hub, admin: Visitor, audited: Audited) -> None:
    page = await admin.open("/status/users")
    given = {"name": "ann", "email": "ann@example.org", "role": "admin", "password": "x" * 12}
    page = await admin.press(page, "Add", **given)
    assert page.url == "/status/users/ann?done=user-added"
    ann = await find(hub, "ann@example.org")
    assert ann is not None
    assert ann.role == "admin"
    assert "x" * 12 not in page.html
    assert (await audited())[0] == ("root", "add-user", "ann")
    assert (await sign_in(hub, "ann", "x" * 12)).url == "/"


async def test_a_password_is_made_up_and_shown_once(hub: Hub, admin: Visitor) -> None:
    page = await admin.press(await admin.open("/status/users"), "Add", name="ann")
    found = re.search(r'class="secret">([^<]+)<', page.html)
    assert found
    assert (await sign_in(hub, "ann", found[1])).url == "/"
    page = await admin.open("/status/users/ann")
    assert found[1] not in page.html
    page = await admin.press(page, "Set the password")
    other = re.search(r'class="secret">([^<]+)<', page.html)
    assert other
    assert other[1] != found[1]
    assert (await sign_in(hub, "ann", found[1])).status == 401
    assert (await sign_in(hub, "ann", other[1])).url == "/"


async def test_a_password_is_set(hub: Hub, admin: Visitor, audited: Audited) -> None:
    await hub.add_user("ann")
    page = await admin.open("/status/users/ann")
    assert "Password none" in page.text
    page = await admin.press(page, "Set the password", password="a new password")
    assert page.url == "/status/users/ann?done=password-set"
    assert (await sign_in(hub, "ann", "a new password")).url == "/"
    assert (await audited())[0] == ("root", "set-password", "ann")


async def test_a_user_is_kept_out_after_a_question_and_let_in_again(
    hub: Hub, admin: Visitor, audited: Audited
) -> None:
    headers = await hub.sign_in(await hub.add_user("ann"))
    page = await admin.follow(await admin.open("/status/users/ann"), "Disable")
    assert "signed out everywhere" in page.text
    page = await admin.press(page, "Disable")
    assert page.url == "/status/users/ann?done=user-disabled"
    assert "disabled" in page.text
    assert (await hub.client.get("/api/plugins/installed", headers=headers)).status == 401
    page = await admin.press(page, "Enable")
    ann = await find(hub, "ann")
    assert ann is not None
    assert ann.enabled
    assert [action for _, action, _ in await audited()][:2] == ["enable-user", "disable-user"]


async def test_a_user_is_removed_after_a_question(
    hub: Hub, admin: Visitor, audited: Audited
) -> None:
    await with_users(hub, "ann")
    page = await admin.follow(await admin.open("/status/users/ann"), "Remove")
    assert "1 plugin of theirs goes" in page.text
    page = await admin.press(page, "Remove for good")
    assert page.url == "/status/users?done=user-removed"
    assert await find(hub, "ann") is None
    assert (await audited())[0] == ("root", "remove-user", "ann")


@pytest.mark.parametrize("action", ["disable-user", "remove-user"])
async def test_nobody_locks_themselves_out(hub: Hub, admin: Visitor, action: str) -> None:
    assert "Remove" not in (await admin.open("/status/users/root")).links
    page = await admin.post(f"/status/{action}", user="ROOT")
    assert (page.status, "your own account" in page.text) == (409, True)
    root = await find(hub, "root")
    assert root is not None
    assert root.enabled


async def test_a_token_is_made_for_a_user_shown_once_and_revoked(
    hub: Hub, admin: Visitor, audited: Audited
) -> None:
    await hub.add_user("ann")
    page = await admin.open("/status/users/ann")
    page = await admin.press(page, "Make a token", name="build server", scope="install")
    found = re.search(r"phub_[\w-]+", page.text)
    assert found
    token = {"Authorization": f"Bearer {found[0]}"}
    assert (await hub.client.get("/api/plugins/installed", headers=token)).status == 200
    page = await admin.open("/status/users/ann")
    assert "phub_" not in page.html
    page = await admin.follow(page, "Revoke build server")
    page = await admin.press(page, "Revoke")
    assert page.url == "/status/users/ann?done=token-revoked"
    assert (await hub.client.get("/api/plugins/installed", headers=token)).status == 401
    assert [action for _, action, _ in await audited()][:2] == ["revoke-token", "create-token"]


async def test_a_token_of_somebody_else_is_not_revoked_for_another(
    hub: Hub, admin: Visitor
) -> None:
    ann = await hub.add_user("ann")
    await hub.add_user("ben")
    token, _ = await api_tokens.create(hub.database, ann, "x", ("read",), None, actor=OPERATOR)
    assert (await admin.post("/status/revoke-token", user="ben", id=token.id)).status == 404
    question = f"/status/confirm?action=revoke-token&user=ben&id={token.id}"
    assert (await admin.open(question)).status == 404


REFUSED: list[tuple[str, dict[str, str], int]] = [
    ("add-user", {"name": "root"}, 409),
    ("add-user", {"name": "no good"}, 422),
    ("add-user", {"name": "ann", "password": "short"}, 422),
    ("add-user", {"name": "ann", "role": "king"}, 422),
    ("set-password", {"user": "nobody"}, 404),
    ("set-password", {"user": "root", "password": "short"}, 422),
    ("create-token", {"user": "root", "name": "x", "expires": "7"}, 422),
    ("enable-user", {"user": "nobody"}, 404),
    ("remove-user", {}, 422),
]


async def test_what_makes_no_sense_is_refused(admin: Visitor) -> None:
    for action, fields, status in REFUSED:
        assert (await admin.post(f"/status/{action}", **fields)).status == status
