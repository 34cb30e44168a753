"""E16, E17, E20 and E21: users install what is published, and give it up."""

from aiohttp import web
from pydantic import ConfigDict

from pluginhub.errors import (
    AlreadyInstalledError,
    ConflictError,
    HookError,
    MalformedError,
    NotFoundError,
)
from pluginhub.lifecycle import application
from pluginhub.lifecycle.install import install as install_plugin
from pluginhub.lifecycle.uninstall import uninstall as uninstall_plugin
from pluginhub.models import Installation
from pluginhub.web import keys
from pluginhub.web.compat import lookup
from pluginhub.web.compat.answers import Done, Installed, InstalledAnswer
from pluginhub.web.operations import Answer, Body, operation
from pluginhub.web.version_ranges import VersionOrRange

_REFUSALS = (ConflictError, HookError, NotFoundError)


class Registration(Body):
    """What a client says of a plugin; ``version`` chooses a release, the rest is not used."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {"name": "Weather Panel", "description": "Local forecast", "version": "1.4.0"}
            ]
        },
    )

    version: VersionOrRange | None = None


class Uninstalled(Answer):
    """What is gone."""

    plugin_slug: str
    plugin_id: str
    deleted_modules: int


class UninstalledAnswer(Done):
    """That a plugin is uninstalled."""

    data: Uninstalled


@operation(any_query=True, errors=(MalformedError,))
async def register(request: web.Request, body: Registration) -> Done:
    """Install a published plugin for the user; nothing is made of what the body says of it."""
    slug = lookup.named(request)
    try:
        found = await _install(request, slug, body.version)
    except AlreadyInstalledError as error:
        text = f"400: Plugin with slug '{slug}' already exists for this user"
        raise MalformedError(text) from error
    except _REFUSALS as error:
        raise MalformedError(f"400: {error.message}") from error
    return Done(message=f"Plugin {found.slug} registered successfully")


@operation(any_query=True, errors=(MalformedError,))
async def install(request: web.Request) -> InstalledAnswer:
    """Install a published plugin for the user, in its highest release."""
    slug = lookup.named(request)
    try:
        found = await _install(request, slug, None)
    except AlreadyInstalledError as error:
        raise MalformedError("Plugin already installed for user") from error
    except NotFoundError as error:
        raise MalformedError(f"Plugin directory not found for slug: {slug}") from error
    except _REFUSALS as error:
        raise MalformedError(error.message) from error
    return InstalledAnswer(
        message=f"Plugin '{found.slug}' installed successfully", data=_installed(found)
    )


@operation(any_query=True, errors=(NotFoundError, ConflictError, HookError))
async def unregister(request: web.Request) -> Done:
    """Uninstall one of the user's plugins."""
    asked = request.match_info["id"]
    found = await lookup.get(request, f"Plugin {asked} not found or you don't have permission")
    await uninstall_plugin(request.app[keys.RESOURCES], lookup.order(request), found.slug)
    plugin_id = application.id_of(found)
    return Done(message=f"Plugin {plugin_id} unregistered successfully")


@operation(any_query=True, errors=(NotFoundError,))
async def uninstall(request: web.Request) -> UninstalledAnswer:
    """Uninstall one of the user's plugins; whatever stands against it is 404."""
    found = await lookup.get(request, "Plugin not found for user")
    resources, order = request.app[keys.RESOURCES], lookup.order(request)
    try:
        plan = await uninstall_plugin(resources, order, found.slug)
    except _REFUSALS as error:
        raise NotFoundError(error.message, **error.fields) from error
    modules = [len(step.either.release.manifest.modules) for step in plan.steps]
    return UninstalledAnswer(
        message=f"Plugin '{found.slug}' uninstalled successfully",
        data=Uninstalled(
            plugin_slug=found.slug,
            plugin_id=application.id_of(found),
            deleted_modules=sum(modules),
        ),
    )


async def _install(request: web.Request, slug: str, version: str | None) -> Installation:
    order = lookup.order(request)
    plan = await install_plugin(request.app[keys.RESOURCES], order, slug, version)
    return next(
        step.after for step in plan.steps if step.after and step.slug.lower() == slug.lower()
    )


def _installed(found: Installation) -> Installed:
    rows = application.module_rows(found)
    return Installed(
        plugin_slug=found.slug,
        plugin_id=application.id_of(found),
        modules_created=[row["id"] for row in rows],
    )
