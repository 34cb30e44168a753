"""A browser without scripts: reads pages, follows links and sends forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from tests.conftest import Hub

_HTML = {"Accept": "text/html"}
_VOID = {"input", "link", "meta", "br", "hr", "img"}


@dataclass
class Form:
    """What a form sends, and where; ``button`` is what its button says."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._inside: list[str] = []
        self._href = self._select = ""
        self._first = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _VOID:
            self._inside.append(tag)
        if tag == "form":
            self.forms.append(Form(given.get("action") or "", given.get("method") or "get"))
        if tag == "a":
            self._href = given.get("href") or ""
        if tag == "select":
            self._select, self._first = given["name"] or "", True
        if tag in {"input", "textarea", "option"} and self.forms and "form" in self._inside:
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str | None]) -> None:
        fields = self.forms[-1].fields
        if tag == "option":
            if self._first or "selected" in given:
                fields[self._select] = given.get("value") or ""
            self._first = False
        elif given.get("type") != "checkbox" or "checked" in given:
            fields[given["name"] or ""] = given.get("value") or ""
        self._name = given.get("name") or ""

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text or self._inside[-1:] == ["script"]:
            return
        self.words.append(text)
        if "a" in self._inside:
            self.links.setdefault(text, self._href)
        if "button" in self._inside and self.forms:
            self.forms[-1].button = text
        if self._inside[-1:] == ["textarea"]:
            self.forms[-1].fields[self._name] = data.removeprefix("\n")


class Page:
    """What a visitor sees."""

    def __init__(self, status: int, url: str, html: str) -> None:
        reader = _Reader()
        reader.feed(html)
        self.status, self.url, self.html = status, url, html
        self.links = reader.links
        self.text = " ".join(reader.words)
        self._forms = reader.forms

    def form(self, button: str, action: str = "") -> Form:
        """Return the form with a button that says this."""
        found = [it for it in self._forms if it.button == button and it.action.endswith(action)]
        assert found, f"{button!r} is none of {[it.button for it in self._forms]}"
        return found[0]


class Visitor:
    """Somebody with a browser.

    Args:
        hub: Where they are.
        headers: Who they are; nobody without any.
    """

    def __init__(self, hub: Hub, headers: dict[str, str] | None = None) -> None:
        self._hub = hub
        self._headers = {**_HTML, **(headers or {})}

    async def open(self, path: str, **arguments: Any) -> Page:
        """Go to an address."""
        return await self._request("GET", path, **arguments)

    async def follow(self, page: Page, link: str) -> Page:
        """Click on a link by its text."""
        return await self.open(page.links[link])

    async def press(self, page: Page, button: str, /, action: str = "", **fields: str) -> Page:
        """Fill in a form and press its button."""
        form = page.form(button, action)
        sent = {**form.fields, **fields}
        where = form.action or page.url
        if form.method == "get":
            return await self._request("GET", where, params=sent)
        return await self._request("POST", where, data=sent)

    async def post(self, path: str, **fields: str) -> Page:
        """Send a form that is on no page."""
        return await self._request("POST", path, data=fields)

    async def _request(self, method: str, path: str, **arguments: Any) -> Page:
        async with self._hub.client.request(
            method, path, headers=self._headers, **arguments
        ) as answer:
            assert answer.content_type == "text/html", await answer.text()
            return Page(answer.status, answer.url.path_qs, await answer.text())
