"""What a user of the demo sees, in a real Chromium."""

import json
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Route

from tests import bundles, hostile
from tests.browser.conftest import Demo, Visitor
from tests.cli.running import must

pytestmark = pytest.mark.timeout(180)  # a browser starts, and npm may have to build

Visit = Callable[..., Awaitable[Visitor]]

ACTS = "fetch('/api/v1/auth/refresh', {method: 'POST'}); document.title = 'ran'"
DOCUMENTS = {
    "page.html": f"<title>page</title><script>{ACTS}</script>",
    "image.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><script>{ACTS}</script></svg>',
    "data.xml": f'<x xmlns:h="http://www.w3.org/1999/xhtml"><h:script>{ACTS}</h:script></x>',
}


@pytest.fixture(name="any_demo", params=["shipped", "rebuilt"])
def _any_demo(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    run_demo: Callable[..., AbstractContextManager[Demo]],
) -> Any:
    again = request.getfixturevalue("rebuilt") if request.param == "rebuilt" else None
    with run_demo(tmp_path, again) as demo:
        yield demo


async def test_two_users_side_by_side_see_their_own_versions(any_demo: Demo, visit: Visit) -> None:
    ann, ben = await visit(), await visit()
    await ann.sign_in(any_demo, "ann")
    await ben.sign_in(any_demo, "ben")
    assert await ann.versions() == {"Dashboard": "2.0.0", "Weather_Panel": "1.0.0"}
    assert await ben.versions() == {"Dashboard": "1.0.0", "Weather_Panel": "1.0.0"}
    assert await ann.page.locator("[data-module=ActivityList]").is_visible()
    assert await ben.page.locator("[data-module=ActivityList]").count() == 0
    await ben.page.get_by_role("button", name="Show details").click()
    for user in (ann, ben):
        for slug in ("Dashboard", "Weather_Panel"):
            await user.page.wait_for_selector(f"[data-lazy={slug}]")
        await user.page.wait_for_load_state("networkidle")
    for user in (ann, ben):
        for slug in ("Dashboard", "Weather_Panel"):
            assert has_file(user, slug, (".png", ".svg"))
            assert has_file(user, slug, (".css",))
    assert any(name.startswith("dashboard_v2_Details") for name in ann.files("Dashboard"))
    assert any(name.startswith("dashboard_v1_Details") for name in ben.files("Dashboard"))
    assert ann.problems == ben.problems == []
    on_disk = sorted(path.name for path in (any_demo.data / "shared/Dashboard").iterdir())
    assert on_disk == ["v1.0.0", "v2.0.0"]


def has_file(user: Visitor, slug: str, endings: tuple[str, ...]) -> bool:
    return any(name.endswith(endings) for name in user.files(slug))


async def test_plugins_share_the_react_of_the_page(demo: Demo, visit: Visit) -> None:
    ann = await visit()
    await ann.sign_in(demo, "ann")
    await ann.page.wait_for_load_state("networkidle")
    assert not [url for url in ann.loaded if "node_modules_react" in url]


async def test_one_user_cannot_use_the_addresses_of_another(demo: Demo, visit: Visit) -> None:
    ben, cleo = await visit(), await visit()
    await ben.sign_in(demo, "ben")
    await cleo.sign_in(demo, "cleo")
    entry = next(url for url in ben.loaded if "_Dashboard/t/" in url and "remoteEntry" in url)
    assert await ben.get(entry) == 200
    user, capability = entry.split("/plugins/")[1].split("_")[0], entry.split("/t/")[1][:24]
    edited = ("B" if capability[0] == "A" else "A") + capability[1:]
    assert await cleo.get(entry.replace(capability, edited)) in {401, 404}
    bare = entry.replace(f"/t/{capability}", "")
    assert await ben.get(bare) == 200
    assert await cleo.get(bare) == 404
    assert await cleo.get(bare.replace(f"{user}_Dashboard", "Dashboard")) == 404
    assert await (await visit()).get(bare) == 401


async def test_after_an_uninstall_the_old_address_is_refused(demo: Demo, visit: Visit) -> None:
    ben = await visit()
    await ben.sign_in(demo, "ben")
    entry = next(url for url in ben.loaded if "_Dashboard/t/" in url and "remoteEntry" in url)
    pluginhub(demo, "uninstall", "Dashboard", "--user", "ben")
    assert await ben.get(entry) == 404
    await ben.page.reload()
    await ben.state("ready")
    assert await ben.versions() == {"Weather_Panel": "1.0.0"}


async def test_an_update_does_not_break_an_open_page(demo: Demo, visit: Visit) -> None:
    ben = await visit()
    await ben.sign_in(demo, "ben")
    pluginhub(demo, "update", "Dashboard", "--user", "ben")
    await ben.page.get_by_role("button", name="Show details").click()
    await ben.page.wait_for_selector("[data-lazy=Dashboard]")
    assert any(name.startswith("dashboard_v1_Details") for name in ben.files("Dashboard"))
    await ben.page.reload()
    await ben.state("ready")
    assert (await ben.versions())["Dashboard"] == "2.0.0"
    assert ben.problems == []


async def test_signing_in_lasts_over_a_reload_and_ends_with_signing_out(
    demo: Demo, visit: Visit
) -> None:
    ann = await visit()
    await ann.sign_in(demo, "ann")
    await ann.page.reload()
    await ann.state("ready")
    await ann.page.get_by_role("button", name="Sign out").click()
    await ann.state("signed-out")
    await ann.page.reload()
    await ann.state("signed-out")
    assert await ann.page.evaluate("document.cookie") == ""
    assert ann.problems == []


async def test_no_token_is_where_the_script_of_a_plugin_could_read_it(
    demo: Demo, visit: Visit
) -> None:
    ann = await visit()
    async with ann.page.expect_response("**/auth/login") as answer:
        await ann.sign_in(demo, "ann")
    tokens = await (await answer.value).json()
    seen = await ann.page.evaluate(
        "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}, "
        "Object.values(window).filter(value => typeof value === 'string')])"
    )
    assert "pluginhub-demo-may-resume" in seen
    assert [name for name in ("access_token", "refresh_token") if tokens[name] in seen] == []


async def test_a_wrong_password_is_told(demo: Demo, visit: Visit) -> None:
    ann = await visit()
    await ann.page.goto(demo.url)
    await ann.page.get_by_label("Name").fill("ann")
    await ann.page.get_by_label("Password").fill("not the password")
    await ann.page.get_by_role("button", name="Sign in").click()
    await ann.page.get_by_text("Invalid email or password").wait_for()
    assert await ann.page.get_attribute("body", "data-state") == "signed-out"


async def test_a_user_without_plugins_is_told_how_to_get_one(demo: Demo, visit: Visit) -> None:
    pluginhub(demo, "uninstall", "Weather_Panel", "--user", "cleo")
    cleo = await visit()
    await cleo.sign_in(demo, "cleo")
    assert await cleo.page.get_by_text("No plugins installed for you yet.").is_visible()


async def test_the_page_fits_a_narrow_screen(demo: Demo, visit: Visit) -> None:
    ann = await visit(viewport={"width": 320, "height": 640})
    await ann.sign_in(demo, "ann")
    assert await ann.page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("name", ["page.html", "image.svg", "data.xml"])
async def test_a_document_of_a_plugin_cannot_act_on_this_origin(
    demo: Demo, visit: Visit, tmp_path: Path, name: str
) -> None:
    install(demo, tmp_path, bundles.files("Evil") | {name: DOCUMENTS[name].encode()})
    ben = await visit()
    await ben.sign_in(demo, "ben")
    url = f"{demo.origin}/api/v1/public/plugins/Evil/{name}"
    async with ben.page.expect_download() as download:
        with pytest.raises(PlaywrightError, match="Download is starting"):
            await ben.page.goto(url)
    assert (await download.value).url == url
    await ben.page.route(url, as_if_shown)
    sent = len(ben.loaded)
    answer = await ben.page.goto(url)
    assert answer is not None
    assert answer.status == 200
    assert await ben.page.evaluate("self.origin") == "null"
    assert await ben.page.title() != "ran"
    assert not [url for url in ben.loaded[sent:] if "refresh" in url]


async def as_if_shown(route: Route) -> None:
    """Let a page be shown that the server wants to have saved."""
    answer = await route.fetch()
    headers = {name: text for name, text in answer.headers.items() if "disposition" not in name}
    assert headers != answer.headers
    await route.fulfill(response=answer, headers=headers)


def install(demo: Demo, folder: Path, files: dict[str, bytes]) -> None:
    """Let ben have the plugin Evil."""
    (folder / "evil.tar.gz").write_bytes(bundles.tar_gz(files))
    pluginhub(demo, "publish", str(folder / "evil.tar.gz"))
    pluginhub(demo, "install", "Evil", "--user", "ben")


async def test_what_a_plugin_calls_itself_is_text(demo: Demo, visit: Visit, tmp_path: Path) -> None:
    texts = dict(enumerate(hostile.SCRIPTS))
    modules = [{"name": f"Face{number}", "display_name": text} for number, text in texts.items()]
    files = bundles.files("Evil", name=f"Evil {texts[1]}", modules=modules)
    install(demo, tmp_path, {**files, bundles.ENTRY: CONTAINER % json.dumps(texts[2]).encode()})
    ben = await visit()
    await ben.page.add_init_script("window.ran = () => { window.hasRun = true; };")
    await ben.sign_in(demo, "ben")
    cards = ben.page.locator(".plugin", has_text="Evil")
    assert await cards.locator(".module-name").all_text_contents() == [*texts.values()]
    assert await cards.locator("h2").first.text_content() == f"Evil {texts[1]} 1.0.0 {texts[0]}"
    assert await cards.locator("[role=alert]").all_text_contents() == [texts[2]] * len(texts)
    made = "script, img, svg, iframe, style, object, embed, base, meta, input, a"
    assert await cards.locator(made).count() == 0
    assert await ben.page.evaluate("window.hasRun") is None


# A plugin all of whose modules fail with a message.
CONTAINER = b"""
var Evil = {init: () => {}, get: async () => () => ({default: () => { throw new Error(%s); }})};
"""


def pluginhub(demo: Demo, *arguments: str) -> None:
    must("--data-dir", str(demo.data), *arguments, cwd=demo.data)
