"""The page of one plugin, and what its user does there."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from pluginhub import versions
from pluginhub.database import installations, releases
from pluginhub.lifecycle import documents
from pluginhub.models import Installation, Release
from pluginhub.web import auth, keys
from pluginhub.web.api.plugin_shapes import PluginAnswer
from pluginhub.web.pages import forms, markdown, mine, rendering, verbs
from pluginhub.web.pages.verbs import Wish

_GONE = {"uninstall"}


async def show(request: web.Request) -> web.Response:
    """Answer the page.

    Raises:
        NotFoundError: There is no such plugin.
    """
    user, slug = auth.signed_in(request), request.match_info["slug"]
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await releases.list_of(connection, slug, user.id)
        users = await installations.count_of(connection, [found[0].slug])
        installation = await installations.find(connection, user.id, slug)
    plugin = PluginAnswer.of(found, users)
    release = _shown(found, installation, plugin.latest_version)
    has = await mine.owned(request, [installation]) if installation else []
    readme = await _document(request, release, documents.README)
    changelog = await _document(request, release, documents.CHANGELOG)
    return await rendering.render(
        request,
        "plugin.html",
        plugin=plugin,
        release=release,
        owned=has[0] if has else None,
        readme=readme,
        changelog=changelog,
    )


def _shown(found: Sequence[Release], installation: Installation | None, latest: str) -> Release:
    """Return the release that the page tells of: the user's, else the highest."""
    if installation:
        return installation.release
    return next(release for release in found if release.version == latest)


async def _document(request: web.Request, release: Release, names: tuple[str, ...]) -> str | None:
    text = await documents.read(request.app[keys.RESOURCES], release, names)
    return await asyncio.to_thread(markdown.to_html, text) if text else None


async def review(request: web.Request) -> web.Response:
    """Answer what a verb would do, with the button that does exactly that.

    Raises:
        NotFoundError: There is no such plugin, or no such verb.
        HubError: Of the verb.
    """
    wish = forms.query(request, Wish)
    plan = await verbs.carry_out(request, wish, dry_run=True)
    refused = [problem for step in plan.steps for problem in step.config_problems]
    offered = await _offered(request)
    return await rendering.render(
        request,
        "review.html",
        action=request.match_info["action"],
        slug=offered[0].slug,
        plan=plan,
        wish=wish,
        refused=refused,
        versions=[release.version for release in offered if release.yanked_at is None],
    )


async def _offered(request: web.Request) -> list[Release]:
    slug, viewer = request.match_info["slug"], auth.signed_in(request).id
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await releases.list_of(connection, slug, viewer)
    return sorted(found, key=lambda release: versions.key(release.version), reverse=True)


async def act(request: web.Request) -> web.Response:
    """Carry out a verb, and lead back to where it was asked for.

    Raises:
        NotFoundError: There is no such plugin, or no such verb.
        HubError: Of the verb.
    """
    wish = await forms.read(request, Wish)
    plan = await verbs.carry_out(request, wish)
    action = request.match_info["action"]
    there = "/" if wish.next == "mine" or action in _GONE else f"/plugins/{plan.slug}"
    return rendering.see(request, there, f"{action}" if plan.steps else "nothing")
