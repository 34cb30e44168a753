"""A real Chromium, and the demo as a process of its own."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from pluginhub.demo.build import build
from pluginhub.models import User
from tests.cli.running import PLUGINHUB, PYTHON, environment
from tests.conftest import Hub

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
]
_AXE = Path(__file__).parent / "vendor/axe.min.js"
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Demo:
    """The running demo."""

    url: str
    passwords: dict[str, str]
    data: Path

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/demo/")


@dataclass
class Visitor:
    """A user in a browser of their own, with what the browser noticed."""

    page: Page
    problems: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    async def sign_in(self, demo: Demo, name: str) -> None:
        await self.page.goto(demo.url)
        await self.state("signed-out")
        await self.page.get_by_label("Name").fill(name)
        await self.page.get_by_label("Password").fill(demo.passwords[name])
        await self.page.get_by_role("button", name="Sign in").click()
        await self.state("ready")

    async def state(self, state: str) -> None:
        """Wait until the page is in a state."""
        await self.page.wait_for_selector(f"body[data-state={state}]")

    async def versions(self) -> dict[str, str]:
        """Return slug and version of what is rendered."""
        found = {}
        for root in await self.page.locator("[data-plugin]").all():
            slug = await root.get_attribute("data-plugin") or ""
            found[slug] = await root.get_attribute("data-version") or ""
        return found

    def files(self, slug: str) -> list[str]:
        """Return the names of the files of a plugin that arrived whole, without versions."""
        return [url.rpartition("/")[2] for url in self.loaded if f"_{slug}/t/" in url]

    async def get(self, url: str) -> int:
        """Request an address with the cookies of this browser and nothing else."""
        answer = await self.page.request.get(url)
        return answer.status


@contextmanager
def _running(folder: Path, bundles: Path | None = None) -> Iterator[Demo]:
    data = folder / "data"
    more = ["--bundles", str(bundles)] if bundles else []
    with subprocess.Popen(
        [*PYTHON, *PLUGINHUB, "--json", "demo", "--keep", str(data), *more],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            text = ""
            while not text.endswith("}\n}\n") and process.poll() is None:
                text += process.stdout.readline()
            found = json.loads(text)
            yield Demo(found["url"], found["passwords"], data)
        finally:
            process.terminate()
            assert process.wait(15) == 0


@pytest.fixture(name="run_demo")
def _run_demo() -> Callable[..., AbstractContextManager[Demo]]:
    return _running


@pytest.fixture(name="demo")
def _demo(tmp_path: Path) -> Iterator[Demo]:
    with _running(tmp_path) as demo:
        yield demo


@pytest.fixture(name="rebuilt", scope="session")
def _rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the sample plugins built anew from their sources."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed, so the sample plugins cannot be built")
    folder = tmp_path_factory.mktemp("bundles")
    build(folder)
    return folder


@pytest.fixture(name="browser")
async def _browser() -> AsyncIterator[Browser]:
    if _CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Person:
    """Somebody who is signed in, before the pages of a hub."""

    page: Page
    base: str

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.base}{path}")

    async def press(self, name: str) -> None:
        """Press a button by what it says."""
        await self.page.get_by_role("button", name=name, exact=True).first.click()
        await self.page.wait_for_load_state()

    async def text(self) -> str:
        return " ".join((await self.page.locator("main").inner_text()).split())

    async def faults(self) -> list[str]:
        """Return what keeps people from using the page: by axe, and by its width."""
        await self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found = await self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        faults = [
            f"{violation['id']}: {node['html'][:200]}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]
        wide = await self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return [*faults, "scrolls sideways"] if wide else faults


@pytest.fixture(name="person")
async def _person(browser: Browser, hub: Hub) -> Callable[..., Any]:
    """Return how somebody signs in to the pages of a hub, in a browser of their own."""

    async def person(user: User, **options: Any) -> Person:
        context = await browser.new_context(**options)
        base = str(hub.client.make_url("")).rstrip("/")
        token = await hub.cookie(user)
        await context.add_cookies([{"name": "refresh_token", "value": token, "url": base}])
        return Person(await context.new_page(), base)

    return person


@pytest.fixture(name="visit")
async def _visit(browser: Browser) -> Callable[..., Any]:
    async def visit(**options: Any) -> Visitor:
        context = await browser.new_context(**options)
        visitor = Visitor(await context.new_page())
        visitor.page.on(
            "console",
            lambda message: (
                visitor.problems.append(message.text)
                if message.type in {"error", "warning"}
                else None
            ),
        )
        visitor.page.on("pageerror", lambda error: visitor.problems.append(str(error)))
        visitor.page.on("requestfinished", lambda request: visitor.loaded.append(request.url))
        return visitor

    return visit
