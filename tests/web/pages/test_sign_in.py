import pytest
from yarl import URL

from pluginhub.accounts import users
from pluginhub.web import keys
from pluginhub.web.pages.sign_in import WELCOME
from tests.conftest import OPERATOR, Hub
from tests.web.pages.visiting import Page, Visitor

PASSWORD = "correct horse battery"


async def with_ann(hub: Hub) -> None:
    passwords = hub.app[keys.PASSWORDS]
    await users.add(hub.database, passwords, "ann", actor=OPERATOR, password=PASSWORD)


async def sign_in(hub: Hub, password: str = PASSWORD, next_: str = "/") -> Page:
    visitor = Visitor(hub)
    page = await visitor.open(f"/sign-in?next={next_}")
    return await visitor.press(page, "Sign in", name="ann", password=password)


async def test_signing_in_leads_to_where_one_wanted_to_go(hub: Hub) -> None:
    await with_ann(hub)
    page = await sign_in(hub, next_="/account")
    assert (page.status, page.url) == (200, "/account")
    assert "You are signed in as ann." in page.text


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "%0d%0aX: y",
    ],
)
async def test_nobody_is_led_elsewhere(hub: Hub, elsewhere: str) -> None:
    await with_ann(hub)
    page = await sign_in(hub, next_=elsewhere)
    assert page.url == "/"


async def test_a_wrong_password_is_told_and_the_name_stays(hub: Hub) -> None:
    await with_ann(hub)
    page = await sign_in(hub, "wrong")
    assert page.status == 401
    assert "Invalid email or password" in page.text
    assert 'name="name" value="ann"' in page.html
    assert "wrong" not in page.html


async def test_who_guesses_is_kept_out(hub: Hub) -> None:
    await with_ann(hub)
    for _ in range(10):
        await sign_in(hub, "wrong")
    page = await sign_in(hub)
    assert page.status == 429
    assert "try again later" in page.text


async def test_signing_out_ends_the_session(hub: Hub) -> None:
    await with_ann(hub)
    page = await sign_in(hub)
    cookie = hub.client.session.cookie_jar.filter_cookies(URL(hub.client.make_url("/")))
    token = cookie["refresh_token"].value
    origin = str(hub.client.make_url("/")).rstrip("/")
    async with hub.client.post(
        "/sign-out", headers={"Origin": origin, "Accept": "text/html"}
    ) as answer:
        assert answer.url.path == "/sign-in"
    async with hub.client.get(
        "/", headers={"Cookie": f"refresh_token={token}", "Accept": "text/html"}
    ) as answer:
        assert answer.url.path == "/sign-in"
    assert page.url == "/"


async def test_a_page_of_another_site_signs_nobody_in_or_out(hub: Hub) -> None:
    await with_ann(hub)
    await sign_in(hub)
    headers = {"Origin": "https://evil.example", "Accept": "text/html"}
    for path in ("/sign-in", "/sign-out", "/account/create-token"):
        async with hub.client.post(path, data={"name": "ann"}, headers=headers) as answer:
            assert answer.status == 403
    assert "signed in as ann" in (await Visitor(hub).open("/account")).text


async def test_the_first_admin_is_made_by_a_link_that_works_once(hub: Hub) -> None:
    visitor, path = Visitor(hub), f"/welcome/{hub.app[WELCOME].code}"
    page = await visitor.press(
        await visitor.open(path), "Make the account", name="ann", password="short"
    )
    assert page.status == 422
    page = await visitor.press(page, "Make the account", name="ann", password=PASSWORD)
    assert page.url == "/status"
    assert "signed in as ann" in (await visitor.open("/account")).text
    assert (await visitor.open(path)).status == 404
    assert (await visitor.post(path, name="eve", password=PASSWORD)).status == 404


async def test_another_link_makes_nobody(hub: Hub) -> None:
    visitor = Visitor(hub)
    assert (await visitor.open("/welcome/guess")).status == 404
    assert (await visitor.post("/welcome/guess", name="eve", password=PASSWORD)).status == 404
