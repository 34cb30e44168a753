"""E18, E19: a bundle is published if it is new, and installed; or nothing happens."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from pluginhub import errors
from pluginhub.cancellation import finish
from pluginhub.lifecycle import application
from pluginhub.lifecycle.install import install
from pluginhub.lifecycle.publish import Publication, publish
from pluginhub.lifecycle.resources import Order
from pluginhub.lifecycle.yank import withdraw
from pluginhub.models import Origin, Release, User
from pluginhub.web import auth, keys
from pluginhub.web.compat import failures, form
from pluginhub.web.compat.answers import Done, Installed
from pluginhub.web.compat.form import Form
from pluginhub.web.operations import operation
from pluginhub.web.problems import CompatError

_FORMATS = (".zip", ".tar.gz", ".tgz")
_LATEST = "latest"
_ERRORS = (errors.InvalidError, errors.NoSpaceError, errors.UnsupportedMediaTypeError)
_ALWAYS = ("repo_url", "version", "user_id")


class Remote(BaseModel):
    """Body of E19: a repository with releases, or an archive itself."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"repo_url": "https://github.com/example/weather"}]},
    )

    repo_url: str = Field(max_length=2048)
    version: str = Field(_LATEST, max_length=255)


class Upload(BaseModel):
    """The form of E18: a file, or a release of a repository at GitHub."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "oneOf": [
                {"properties": {"method": {"const": "local-file"}}, "required": ["file"]},
                {"properties": {"method": {"const": "github"}}, "required": ["repo_url"]},
            ],
            "examples": [
                {"method": "github", "repo_url": "https://github.com/example/weather"},
            ],
        },
    )

    method: Literal["local-file", "github"]
    file: Annotated[str, Field(json_schema_extra={"format": "binary"})] = ""
    filename: Annotated[str, Field(max_length=4096)] = ""
    repo_url: Annotated[str, Field(max_length=4096)] = ""
    version: Annotated[str, Field(max_length=4096)] = _LATEST


class InstalledData(Installed):
    """What is new to the user; beyond this, where it came from."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "plugin_slug": "WeatherPanel",
                    "plugin_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
                    "modules_created": [
                        "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel_ForecastCard"
                    ],
                    "plugin_directory": None,
                    "source": "local-file",
                    "filename": "weather.zip",
                    "file_size": 195896,
                    "version": "1.4.0",
                }
            ]
        },
    )

    source: str
    version: str


class FromSomewhere(Done):
    """That a plugin is installed."""

    data: InstalledData


@operation(form=Upload, errors=_ERRORS, any_query=True)
async def upload(request: web.Request) -> FromSomewhere:
    """Publish and install the bundle of a form, or of a release at GitHub (E18).

    With ``method=local-file`` the form has the bundle as ``file``; with ``method=github`` it
    names the repository as ``repo_url``, and its release as ``version``, a tag or ``latest``.
    """
    user = auth.signed_in(request)
    most = request.app[keys.CONFIG].server.max_upload
    async with _staging(request, min(request.content_length or 0, most)) as folder:
        with request.app[keys.UPLOADS].one_more(user.id):
            received = await form.receive(request, folder / "upload")
        _check(received)
        if received.method == "github":
            url, version = received.repo_url or "", received.version or _LATEST
            told = {"repo_url": url, "version": version, "user_id": user.id}
            release = await _from_repository(request, folder / "bundle", told)
            message = f"Plugin installed successfully from {url}"
            return _installed(
                release, user, message, source="github", repo_url=url, version=version
            )
        name = received.shown_name
        told = {"filename": name, "user_id": user.id}
        with failures.of_step("file_extraction", told):
            release = await _install(request, folder / "upload")
    message = f"Plugin '{name}' installed successfully from local file"
    more = {"filename": name, "file_size": received.size, "version": release.version}
    return _installed(release, user, message, source="local-file", **more)


@operation(errors=_ERRORS, any_query=True)
async def from_url(request: web.Request, body: Remote) -> FromSomewhere:
    """Publish and install a release of a repository, or the archive at an address (E19)."""
    user = auth.signed_in(request)
    told = {"repo_url": body.repo_url, "version": body.version, "user_id": user.id}
    async with _staging(request, request.app[keys.SOURCES].largest) as folder:
        if request.app[keys.SOURCES].is_archive(body.repo_url):
            release = await _from_archive(request, folder / "bundle", told)
        else:
            release = await _from_repository(request, folder / "bundle", told, *_ALWAYS)
    name = release.manifest.name
    return _installed(
        release,
        user,
        f"Plugin '{name}' installed successfully from {body.repo_url}",
        plugin_name=name,
        source="remote",
        repo_url=body.repo_url,
        version=body.version,
    )


@asynccontextmanager
async def _staging(request: web.Request, size: int) -> AsyncIterator[Path]:
    """Lend a directory for so many bytes; that there is no room fails as a step as well."""
    with failures.of_step("setup_and_copy", {}):
        async with request.app[keys.STORAGE].staging(size) as folder:
            yield folder


async def _from_repository(
    request: web.Request, file: Path, told: dict[str, Any], *always: str
) -> Release:
    sources = request.app[keys.SOURCES]
    with failures.of_step("url_parsing", told, *always):
        repository = sources.repository(told["repo_url"])
    told |= {
        "repo_owner": repository.owner,
        "repo_name": repository.name,
        "requested_version": told["version"],
    }
    with failures.of_step("release_lookup", told, *always):
        found = await sources.find_release(repository.url, told["version"])
    told["release_version"] = found.tag
    with failures.of_step("download_and_extract", told, *always):
        origin = await sources.fetch_release(found, file)
        return await _install(request, file, origin)


async def _from_archive(request: web.Request, file: Path, told: dict[str, Any]) -> Release:
    with failures.of_step("download_and_extract", told, *_ALWAYS):
        origin = await request.app[keys.SOURCES].fetch_url(told["repo_url"], file)
        return await _install(request, file, origin)


async def _install(request: web.Request, bundle: Path, origin: Origin | None = None) -> Release:
    """Publish and install; a new release that cannot be installed is not kept."""
    actor = request[keys.ACTOR]
    published = await publish(
        request.app[keys.DATABASE],
        request.app[keys.STORAGE],
        bundle,
        actor=actor,
        origin=origin,
        operations=request.app[keys.OPERATIONS],
    )
    await _give(request, published, auth.signed_in(request))
    return published.release


async def _give(request: web.Request, published: Publication, user: User) -> None:
    resources, actor = request.app[keys.RESOURCES], request[keys.ACTOR]
    release = published.release
    try:
        await install(resources, Order(user.id, actor), release.slug, release.version)
    except BaseException:
        if published.created:
            await finish(withdraw(resources, release, actor=actor))
        raise


def _check(received: Form) -> None:
    if received.method is None:
        raise errors.InvalidError("method: required")
    if received.method == "github":
        if not received.repo_url:
            raise CompatError(400, "repo_url is required for GitHub installation")
        return
    if received.method != "local-file":
        raise CompatError(
            400,
            f"Unsupported installation method: {received.method}."
            " Supported methods: 'github', 'local-file'",
        )
    if received.size is None:
        raise CompatError(400, "file is required for local file installation")
    if not (received.filename or "").lower().endswith(_FORMATS):
        raise CompatError(400, f"Unsupported file format. Supported formats: {', '.join(_FORMATS)}")


def _installed(release: Release, user: User, message: str, **more: Any) -> FromSomewhere:
    data = {
        "plugin_id": application.plugin_id(user.id, release.slug),
        "plugin_slug": release.slug,
        "modules_created": [
            application.module_id(user.id, release.slug, module.name)
            for module in release.manifest.modules
        ],
        **more,
    }
    return FromSomewhere(message=message, data=InstalledData(**data))
