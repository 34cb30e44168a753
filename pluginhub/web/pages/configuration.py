"""The page on which a user configures a plugin."""

from collections.abc import Mapping

from aiohttp import web

from pluginhub.database import installations
from pluginhub.errors import ConfigRefusedError
from pluginhub.lifecycle import configuration
from pluginhub.lifecycle.configure import configure
from pluginhub.lifecycle.resources import Order
from pluginhub.models import Installation
from pluginhub.web import auth, keys
from pluginhub.web.pages import filled, forms, rendering
from pluginhub.web.pages.fields import Filled, Json, fields_of

# Whoever brings no schema is configured by one field.
_WITHOUT_SCHEMA = "configuration"


async def show(request: web.Request) -> web.Response:
    """Answer the form.

    Raises:
        NotFoundError: The plugin is not installed.
    """
    return await _form(request, await _installation(request))


async def submit(request: web.Request) -> web.Response:
    """Set the configuration; what is refused is shown at its fields.

    Raises:
        NotFoundError: The plugin is not installed.
        HubError: Of the verb.
    """
    installation = await _installation(request)
    texts = {name: str(value) for name, value in (await forms.fields(request)).items()}
    config, problems = _read(installation, texts)
    if not problems and config == installation.config:  # the verb would have nothing to do
        problems = await _against(request, installation)
    if not problems:
        try:
            return await _configure(request, installation, config)
        except ConfigRefusedError as error:
            problems = {item["path"]: item["problem"] for item in error.fields["problems"]}
    return await _form(request, installation, Filled(texts, problems))


async def _configure(
    request: web.Request, installation: Installation, config: Json
) -> web.Response:
    order = Order(installation.user_id, request[keys.ACTOR])
    await configure(request.app[keys.RESOURCES], order, installation.slug, config)
    return rendering.see(request, f"/plugins/{installation.slug}", "configured")


async def _against(request: web.Request, installation: Installation) -> dict[str, str]:
    """Return what the release says against the configuration as it is, by path."""
    found = await configuration.problems(
        request.app[keys.RESOURCES], installation, installation.config
    )
    return {item["path"]: item["problem"] for item in found}


def _read(installation: Installation, texts: Mapping[str, str]) -> tuple[Json, dict[str, str]]:
    """Return the configuration that was filled in, and what cannot be read of it."""
    config, problems = filled.read(_schema(installation), installation.config, texts)
    if installation.release.manifest.config_schema is None:
        config = config.get(_WITHOUT_SCHEMA, {})
        if not problems and not isinstance(config, dict):
            problems = {_WITHOUT_SCHEMA: "is no object"}
    return config, problems


async def _installation(request: web.Request) -> Installation:
    async with request.app[keys.DATABASE].snapshot() as connection:
        user = auth.signed_in(request)
        return await installations.get(connection, user.id, request.match_info["slug"])


def _schema(installation: Installation) -> Json:
    schema = installation.release.manifest.config_schema
    return schema or {"properties": {_WITHOUT_SCHEMA: {"type": "object"}}}


def _shown(installation: Installation) -> Mapping[str, object]:
    in_force = configuration.effective(installation)
    if installation.release.manifest.config_schema is None:
        return {_WITHOUT_SCHEMA: in_force}
    return in_force


async def _form(
    request: web.Request, installation: Installation, given: Filled | None = None
) -> web.Response:
    fields = fields_of(_schema(installation), _shown(installation), given)
    told = {field.path for field in fields}
    elsewhere = {
        path: reason
        for path, reason in (given.problems if given else {}).items()
        if path.partition(".")[0].partition("[")[0] not in told
    }
    return await rendering.render(
        request,
        "configuration.html",
        status=422 if given else 200,
        installation=installation,
        fields=fields,
        refused=bool(given),
        elsewhere=elsewhere,
    )
