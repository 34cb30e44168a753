"""The existing frontend, as http-api section 4 describes it, from another origin in a Chromium."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page

import pluginhub
from pluginhub.accounts import users
from pluginhub.config import Publish
from pluginhub.web import keys
from tests import bundles
from tests.browser.conftest import Visitor
from tests.conftest import OPERATOR, Hub, settings
from tests.web.conftest import make_passwords_cheap, serving

pytestmark = pytest.mark.timeout(120)  # a browser starts

Visit = Callable[..., Awaitable[Visitor]]

HERE = Path(__file__).parent / "frontend"
SAMPLES = Path(pluginhub.__file__).parent / "demo"
VENDOR = SAMPLES / "host/vendor"
PASSWORD = "correct horse battery"
REPOSITORY = "https://github.com/example/dashboard"


def sample(name: str) -> bytes:
    return (SAMPLES / f"bundles/{name}.tar.gz").read_bytes()


@asynccontextmanager
async def frontend() -> AsyncIterator[str]:
    """Serve the page and its scripts from an origin of its own."""
    files = {
        path.name: path.read_bytes()
        for folder in (HERE, VENDOR)
        for path in folder.iterdir()
        if path.suffix in {".js", ".html"}
    }

    async def answer(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        kind = "text/html" if name.endswith(".html") else "text/javascript"
        return web.Response(body=files[name], content_type=kind)

    app = web.Application()
    app.router.add_get("/{name}", answer)
    async with TestServer(app, host="localhost") as server:
        yield f"http://localhost:{server.port}/index.html"


@asynccontextmanager
async def github() -> AsyncIterator[str]:
    """Serve two releases of a repository the way GitHub's API does."""
    app = web.Application()

    async def release(request: web.Request) -> web.Response:
        tag = request.match_info.get("tag", "v2.0.0")
        if tag not in {"v1.0.0", "v2.0.0"}:
            return web.json_response({"message": "Not Found"}, status=404)
        name = f"Dashboard-{tag.removeprefix('v')}.tar.gz"
        url = str(request.url.with_path(f"/assets/{name}"))
        return web.json_response(
            {
                "tag_name": tag,
                "assets": [{"name": name, "browser_download_url": url}],
                "tarball_url": f"{url}-source",
            }
        )

    async def asset(request: web.Request) -> web.Response:
        return web.Response(body=sample(request.match_info["name"].removesuffix(".tar.gz")))

    app.router.add_get("/repos/example/dashboard/releases/latest", release)
    app.router.add_get("/repos/example/dashboard/releases/tags/{tag}", release)
    app.router.add_get("/assets/{name}", asset)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"


@dataclass
class Frontend:
    """The page, signed in as ann."""

    page: Page
    hub: Hub
    visitor: Visitor

    async def do(self, call: str, *arguments: Any) -> Any:
        """Call a function of the client, and return what it returns."""
        return await self.page.evaluate(
            f"arguments_ => window.client.{call}(...arguments_)", list(arguments)
        )

    async def install_file(self, content: bytes, name: str) -> Any:
        return await self.do("installFile", base64.b64encode(content).decode(), name)

    async def cards(self) -> dict[str, dict[str, Any]]:
        return {card["name"]: card for card in (await self.do("list"))["cards"]}


@pytest.fixture(name="ann")
async def _ann(tmp_path: Path, visit: Visit) -> AsyncIterator[Frontend]:
    async with github() as source, frontend() as page:
        publish = Publish(
            allow="users",
            github_url=source,
            allow_http=True,
            allow_private_networks=("127.0.0.0/8",),
        )
        config = settings(tmp_path / "data").model_copy(update={"publish": publish})
        async with serving(config) as hub:
            make_passwords_cheap(hub)
            await users.add(
                hub.database,
                hub.app[keys.PASSWORDS],
                "ann",
                actor=OPERATOR,
                email="ann@example.org",
                password=PASSWORD,
            )
            visitor = await visit()
            await visitor.page.goto(f"{page}?api=http://localhost:{hub.client.port}")
            await visitor.state("ready")
            ann = Frontend(visitor.page, hub, visitor)
            await ann.do("login", "ann@example.org", PASSWORD)
            yield ann
            await visitor.page.context.close()


async def test_installed_plugins_are_loaded_and_rendered(ann: Frontend) -> None:
    assert await ann.do("me") == "ann"
    assert await ann.do("list") == {"cards": [], "total": 0}
    assert await ann.do("filters") == {"categories": [], "tags": []}
    uploaded = await ann.install_file(sample("Weather_Panel-1.0.0"), "weather.tar.gz")
    assert (uploaded["slug"], uploaded["source"], uploaded["listed"]) == (
        "Weather_Panel",
        "local-file",
        True,
    )
    fetched = await ann.do("installGithub", REPOSITORY, "v1.0.0")
    assert (fetched["slug"], fetched["repository"], fetched["version"], fetched["listed"]) == (
        "Dashboard",
        REPOSITORY,
        "v1.0.0",
        True,
    )
    loaded = await ann.do("loadAll")
    assert {slug: item["version"] for slug, item in loaded.items()} == {
        "Dashboard": "1.0.0",
        "Weather_Panel": "1.0.0",
    }
    assert all(item["modules"] for item in loaded.values())
    await ann.page.get_by_role("button", name="Show details").click()
    await ann.page.wait_for_selector("[data-lazy=Dashboard]")  # a chunk that came later
    await ann.page.wait_for_load_state("networkidle")
    assert any(name.endswith((".png", ".svg")) for name in ann.visitor.files("Dashboard"))
    tested = await ann.do("testLoading", "Weather_Panel")
    found = {key: tested[key] for key in ("plugin_installed", "files_exist", "manifest_valid")}
    assert found == dict.fromkeys(found, True)
    assert (tested["bundle_accessible"], tested["errors"]) == (True, [])
    assert ann.visitor.problems == []


async def test_the_list_is_searched_filtered_and_paged(ann: Frontend) -> None:
    for name in ("Dashboard-2.0.0", "Weather_Panel-1.0.0"):
        await ann.install_file(sample(name), f"{name}.tar.gz")
    everything = await ann.do("list")
    names = [card["name"] for card in everything["cards"]]
    assert everything["total"] == len(names) >= 3
    pages = [
        (await ann.do("list", {"page": page, "pageSize": 1}))["cards"][0]["name"]
        for page in range(1, len(names) + 1)
    ]
    assert pages == names
    beyond = await ann.do("list", {"page": 99})
    assert beyond == {"cards": [], "total": len(names)}
    found = await ann.do("list", {"search": names[0].upper()})
    assert names[0] in [card["name"] for card in found["cards"]]
    assert (await ann.do("list", {"search": "100%"}))["total"] == 0
    filters = await ann.do("filters")
    for category in filters["categories"]:
        assert 0 < (await ann.do("list", {"category": category}))["total"] <= len(names)
    tagged = await ann.do("list", {"tags": [*filters["tags"], "no such tag"]})
    assert tagged["total"] <= len(names)


async def test_details_toggles_updates_and_the_end_of_a_plugin(ann: Frontend) -> None:
    await ann.do("installGithub", REPOSITORY, "v1.0.0")
    await ann.install_file(sample("Weather_Panel-1.0.0"), "weather.tar.gz")
    await ann.hub.publish(sample("Dashboard-2.0.0"))
    cards = await ann.cards()
    for card in cards.values():
        shown = await ann.do("details", card)
        assert (shown["plugin"], shown["name"], shown["buttons"]) == (
            card["pluginId"],
            card["name"],
            True,
        )
        assert card["name"] in shown["siblings"]
        slug = card["pluginId"].partition("_")[2]
        assert shown["update"] == ("2.0.0" if slug == "Dashboard" else None)
    [available] = await ann.do("updates")
    assert (available["slug"], available["to"]) == ("Dashboard", "2.0.0")

    weather = next(card for card in cards.values() if "Weather_Panel" in card["pluginId"])
    await ann.do("toggle", weather, False)
    assert (await ann.do("details", weather))["enabled"] is False
    rest = (await ann.do("manifest")).get("Weather_Panel", {"modules": []})
    assert weather["name"] not in [module["name"] for module in rest["modules"]]
    await ann.do("toggle", weather, True)
    back = (await ann.do("manifest"))["Weather_Panel"]
    assert weather["name"] in [module["name"] for module in back["modules"]]

    dashboard = next(card for card in cards.values() if "Dashboard" in card["pluginId"])
    await ann.do("update", dashboard["pluginId"])
    assert (await ann.do("manifest"))["Dashboard"]["version"] == "2.0.0"
    assert await ann.do("updates") == []
    await ann.do("uninstall", weather["pluginId"])
    assert [*await ann.do("manifest")] == ["Dashboard"]
    assert ann.visitor.problems == []


async def test_failures_of_an_installation_name_their_step(ann: Frontend) -> None:
    async def failure(call: str, *arguments: Any) -> tuple[str, int]:
        found = await ann.do(call, *arguments)
        assert found["message"], found
        assert found["suggestions"], found
        return found["step"], found["number"]

    garbage = base64.b64encode(b"no archive" * 200).decode()
    assert await failure("installFile", garbage, "x.zip") == ("file_extraction", 3)
    nameless = base64.b64encode(bundles.tar_gz({"package.json": b"{}"})).decode()
    assert await failure("installFile", nameless, "x.tgz") == ("plugin_validation", 3)
    assert await failure("installGithub", "no repository") == ("url_parsing", 1)
    assert await failure("installGithub", REPOSITORY, "v9") == ("release_lookup", 2)
    await ann.do("installGithub", REPOSITORY, "v1.0.0")
    again = await failure("installGithub", REPOSITORY, "v1.0.0")
    assert again == ("lifecycle_manager_install", 4)


async def test_a_session_is_renewed_and_ends_at_once(ann: Frontend) -> None:
    await ann.page.evaluate("localStorage.setItem('accessToken', 'expired')")
    assert await ann.do("me") == "ann"
    before = await ann.page.evaluate("({...localStorage})")
    await ann.do("logout")
    await ann.page.evaluate("before => Object.assign(localStorage, before)", before)
    ended = await ann.page.evaluate("() => window.client.caught(() => window.client.me())")
    assert (ended["status"], isinstance(ended["detail"], str)) == (403, True)
    refused = await ann.page.evaluate(
        "() => window.client.caught(() => window.client.login('ann@example.org', 'wrong'))"
    )
    assert (refused["status"], refused["detail"]) == (401, "Invalid email or password")
