"""E24, E25: which updates there are (http-api section 3.4)."""

from aiohttp import web
from pydantic import ConfigDict

from pluginhub.lifecycle import application, updates
from pluginhub.lifecycle.updates import News
from pluginhub.web import auth, keys
from pluginhub.web.compat import lookup
from pluginhub.web.compat.answers import Envelope
from pluginhub.web.operations import Answer, operation


class AvailableUpdate(Answer):
    """An update that the user could make; ``plugin_id`` is that of the plugin's row."""

    plugin_id: str
    plugin_name: str
    current_version: str
    latest_version: str
    repo_url: str


class AvailableUpdatesData(Answer):
    """All of them, by slug."""

    available_updates: list[AvailableUpdate]
    total_count: int


class AvailableUpdates(Envelope):
    """E24."""

    data: AvailableUpdatesData


class UpdateNewsData(Answer):
    """Whether there is an update; without versions if the user does not have the plugin."""

    plugin_id: str
    current_version: str | None = None
    latest_version: str | None = None
    repo_url: str | None = None
    update_available: bool
    message: str


class UpdateNews(Envelope):
    """E25; ``plugin_id`` is the slug."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "success",
                    "data": {
                        "plugin_id": "WeatherPanel",
                        "current_version": "1.4.0",
                        "latest_version": "1.5.0",
                        "repo_url": "https://github.com/example/weather",
                        "update_available": True,
                        "message": "Current: 1.4.0, Latest: 1.5.0",
                    },
                }
            ]
        }
    )

    data: UpdateNewsData


@operation(any_query=True)
async def available(request: web.Request) -> AvailableUpdates:
    """Answer the updates of the user's plugins, as they are known now (E24)."""
    user = auth.signed_in(request)
    found = await updates.available(
        request.app[keys.RESOURCES], user.id, may_publish=auth.may_publish(request)
    )
    listed = [_listed(news) for news in found]
    data = AvailableUpdatesData(available_updates=listed, total_count=len(listed))
    return AvailableUpdates(data=data)


@operation(answer=UpdateNews, any_query=True)
async def news(request: web.Request) -> web.Response:
    """Answer whether there is an update of one of the user's plugins (E25)."""
    installation = await lookup.find(request)
    if installation is None:
        slug = lookup.named(request)
        data = UpdateNewsData(plugin_id=slug, update_available=False, message="Plugin not found")
    else:
        found = await lookup.news_of(request, [installation])
        data = _told(found[installation.slug])
    answer = UpdateNews(data=data).model_dump(exclude_none=True)
    return web.json_response(answer)


def _listed(news: News) -> AvailableUpdate:
    release = news.installation.release
    return AvailableUpdate(
        plugin_id=application.id_of(news.installation),
        plugin_name=release.manifest.name,
        current_version=release.version,
        latest_version=news.latest or release.version,
        repo_url=release.source_url,
    )


def _told(news: News) -> UpdateNewsData:
    release = news.installation.release
    latest = news.latest or release.version
    return UpdateNewsData(
        plugin_id=release.slug,
        current_version=release.version,
        latest_version=latest,
        repo_url=release.source_url,
        update_available=news.latest is not None,
        message=f"Current: {release.version}, Latest: {latest}",
    )
