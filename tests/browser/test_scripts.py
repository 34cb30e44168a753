"""What plugin authors, publishers and users write is text on every page, whatever it says.

Where a text needs a page of its own, or a few do, some of them are tried. All are with DEPTH=500,
which takes a quarter of an hour.
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Dialog

from pluginhub.database import audit
from pluginhub.models import User
from tests import bundles
from tests.browser import scripts
from tests.browser.conftest import Person
from tests.conftest import OPERATOR, Hub
from tests.depth import DEPTH

pytestmark = pytest.mark.timeout(120 * DEPTH)  # some hundred pages

Sign = Callable[..., Awaitable[Person]]

TEXTS = scripts.texts()
LINE = 200  # characters that a name may have
GROUP = 24  # plugins on a page of the catalogue
# An element that came of a text would break the policy of pages, which the browser tells.
WATCH = """
    window.ran = [];
    for (const name of ["alert", "confirm", "prompt"]) window[name] = () => window.ran.push(name);
    document.addEventListener("securitypolicyviolation", (event) =>
        window.ran.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


def some(texts: list[str], of: int) -> list[str]:
    return texts[:: max(1, of // DEPTH)]


def pieces(texts: list[str], length: int) -> Iterator[tuple[int, list[str]]]:
    for number, start in enumerate(range(0, len(texts), length)):
        yield number, texts[start : start + length]


def test_there_are_as_many_as_there_should_be() -> None:
    assert len(set(TEXTS)) == 2708
    assert max(map(len, TEXTS)) <= LINE


class Watched:
    """A page on which nothing may run, and every text has to be seen as it is."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.dialogs: list[str] = []
        person.page.on("dialog", self._note)

    def _note(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)

    async def shows(self, path: str, texts: list[str]) -> None:
        page = self.person.page
        await page.goto(f"{self.person.base}{path}")
        seen = await page.evaluate(
            "[document.documentElement.textContent, ...[...document.querySelectorAll('input,"
            " textarea')].map((it) => it.value)].join('\\n')"
        )
        assert await page.evaluate("window.ran") == [], path
        assert self.dialogs == [], path
        squeezed = " ".join(seen.split())
        assert [it for it in texts if " ".join(it.split()) not in squeezed] == [], path


@pytest.fixture(name="admin")
async def _admin(hub: Hub) -> User:
    return await hub.add_user("ann", "admin")


@pytest.fixture(name="watched")
async def _watched(person: Sign, admin: User) -> Watched:
    found = await person(admin)
    await found.page.add_init_script(WATCH)
    return Watched(found)


async def fill(hub: Hub, texts: list[str]) -> None:
    """Make a plugin for each text: it is its name, description, author, category and a tag."""
    async with hub.database.transaction() as tx:
        for number, text in enumerate(texts):
            slug = f"Plugin{number:04}"
            manifest: dict[str, Any] = {"scope": "Plugin", "name": text, "description": text}
            manifest |= {"author": text, "category": text, "tags": [text], "license": text}
            await tx.execute("INSERT INTO plugins (slug, created_at) VALUES (?, 0)", (slug,))
            await tx.execute(
                "INSERT INTO releases (slug, version, digest, size, manifest, source_type,"
                " source_url, published_at, application, other_versions)"
                " VALUES (?, '1.0.0', ?, 1, ?, 'upload', ?, ?, '{}', '{}')",
                (slug, f"{number:064x}", json.dumps(manifest), text, number),
            )


async def test_names_descriptions_categories_and_tags_are_text(hub: Hub, watched: Watched) -> None:
    chosen = some(TEXTS, 20)
    await fill(hub, chosen)
    for number, texts in pieces(chosen[::-1], GROUP):
        await watched.shows(f"/catalogue?sort=newest&page={number + 1}", texts)


async def test_authors_and_licences_are_text(hub: Hub, watched: Watched) -> None:
    texts = some(TEXTS, 120)
    await fill(hub, texts)
    for number, text in enumerate(texts):
        await watched.shows(f"/plugins/Plugin{number:04}", [text])


async def test_documents_modules_permissions_and_tags_are_text(
    hub: Hub, watched: Watched, admin: User
) -> None:
    headers = await hub.sign_in(admin)
    for number, texts in pieces(TEXTS, 300):
        modules = [
            {"name": f"Module{index}", "display_name": text, "description": text}
            for index, text in enumerate(texts)
        ]
        more: dict[str, Any] = {"modules": modules, "permissions": texts, "tags": texts}
        slug = f"Plugin{number}"
        files = bundles.files(slug, **more)
        readme = "\n\n".join(f"* {text}" for text in texts).encode()
        code = "\n\n".join(f"    {text}" for text in texts).encode()
        files |= {"README.md": readme, "CHANGELOG.md": code}
        await hub.publish(bundles.tar_gz(files))
        await watched.shows(f"/plugins/{slug}", texts)
        await watched.shows(f"/plugins/{slug}/install", texts)
        await hub.install(slug, headers)
        await watched.shows(f"/plugins/{slug}", texts)


async def test_configurations_and_their_schemas_are_text(
    hub: Hub, watched: Watched, admin: User
) -> None:
    headers = await hub.sign_in(admin)
    for number, texts in pieces(some(TEXTS, 4), 100):
        properties = {
            text: {"type": "string", "title": text, "description": text, "default": text}
            for text in texts
        }
        slug = f"Plugin{number}"
        schema = {"type": "object", "properties": properties}
        await hub.publish(bundles.bundle(slug, config_schema=schema))
        await hub.install(slug, headers)
        await watched.shows(f"/plugins/{slug}/configuration", texts)


async def test_what_admins_see_is_text(hub: Hub, watched: Watched) -> None:
    await fill(hub, TEXTS[:300])
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE releases SET yanked_at = 1, yank_reason = source_url")
        for number, text in enumerate(some(TEXTS, 8)):
            await audit.record(tx, OPERATOR, "yank", text, number, slug=text, reason=text)
    for page in range(1, 1 + 300 // 20):
        await watched.shows(f"/status/releases?page={page}", [])
    await watched.shows("/status/releases/Plugin0007", [TEXTS[7]])
    older = watched.person.page.get_by_role("link", name="Older")
    path: str | None = "/status/audit"
    for _, texts in pieces(some(TEXTS, 8)[::-1], 50):
        assert path
        await watched.shows(path, texts[:45])  # a few entries are of other things
        path = await older.get_attribute("href") if len(texts) == 50 else None
    await watched.shows("/status", [])


async def test_what_is_asked_for_is_text(watched: Watched) -> None:
    for text in some(TEXTS, 500):
        await watched.shows(f"/catalogue?{urlencode({'search': text})}", [text])
        await watched.shows(f"/?{urlencode({'done': text})}", [])
        await watched.shows(f"/sign-in?{urlencode({'next': text})}", [])
