"""Makes pages of templates: everything is escaped, and no script of a plugin's author runs."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from aiohttp import hdrs, web
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

import pluginhub
from pluginhub.models import Actor
from pluginhub.web import keys
from pluginhub.web.pages.texts import Texts

_HEADERS: Mapping[str, str] = {
    hdrs.CACHE_CONTROL: "no-store",
    # Not no-referrer: browsers would send the origin of a form as null.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
_SIZES = ("B", "kB", "MB", "GB", "TB")
_STEP = 1000  # of one size in the next
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60  # seconds


@dataclass(frozen=True, slots=True)
class Pages:
    """The templates, compiled, and the texts in them."""

    templates: Mapping[str, Template]
    texts: Texts


class Shelf:
    """Holds the templates once the first page is asked for."""

    def __init__(self) -> None:
        self._pages: Pages | None = None
        self._loading = asyncio.Lock()

    async def pages(self) -> Pages:
        """Return the templates; the first time they are read."""
        async with self._loading:
            if self._pages is None:
                self._pages = await asyncio.to_thread(_load)
            return self._pages


SHELF = web.AppKey("page_shelf", Shelf)


async def render(
    request: web.Request, template: str, *, status: int = 200, **values: object
) -> web.Response:
    """Return a page.

    Args:
        request: Whose user and base path the page shows.
        template: Its file name.
        status: Of the answer.
        **values: What the template shows.
    """
    pages = await request.app[SHELF].pages()
    actor: Actor | None = request.get(keys.ACTOR)
    text = pages.templates[template].render(
        base=base_of(request),
        path=path_of(request),
        actor=actor,
        now=request.app[keys.DATABASE].now(),
        safe_mode=request.app[keys.SAFE_MODE],
        done=_done(request, pages.texts),
        **values,
    )
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)


def see(request: web.Request, path: str, done: str = "") -> web.Response:
    """Return an answer that leads to a page, which says what was done.

    Args:
        request: That was carried out.
        path: Below the base path.
        done: Key of a text in the table ``done``; empty for none.
    """
    mark = ("&" if "?" in path else "?") + f"done={done}" if done else ""
    location = f"{base_of(request)}{path}{mark}"
    return web.Response(status=303, headers={hdrs.LOCATION: location, **_HEADERS})


def base_of(request: web.Request) -> str:
    """Return the base path of the server, without a slash at its end."""
    return request.app[keys.CONFIG].server.base_path


def path_of(request: web.Request) -> str:
    """Return the path of a request below the base path."""
    return request.path.removeprefix(base_of(request))


def _done(request: web.Request, texts: Texts) -> str:
    """Return the text that says what was done before this page; what is not known is left out."""
    key = f"done.{request.query.get('done', '')}"
    return texts(key) if key in texts else ""


@cache
def _load() -> Pages:
    texts = Texts.load()
    environment = Environment(
        loader=PackageLoader("pluginhub.web.pages"),
        autoescape=True,
        auto_reload=False,  # which would look at files while a page is made
        cache_size=-1,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        t=texts, count=texts.count, version=pluginhub.__version__, duration=duration
    )
    environment.filters.update(bytes=size, date=date)
    return Pages(
        {name: environment.get_template(name) for name in environment.list_templates()}, texts
    )


def size(number: float) -> str:
    """Return a number of bytes as people write it: ``1.5 MB``."""
    for name in _SIZES:
        if abs(number) < _STEP or name == _SIZES[-1]:
            break
        number /= _STEP
    shown = f"{number:.1f}" if name != "B" and abs(number) < 100 else f"{number:.0f}"  # noqa: PLR2004 - digits
    return f"{shown} {name}"


def date(seconds: float) -> str:
    """Return a time, seconds since 1970, as ``2026-05-01 09:30`` in UTC."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def duration(seconds: float) -> str:
    """Return a length of time in its largest unit: ``3 h``."""
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if abs(seconds) >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
