"""The native API: what a user could update."""

from typing import Any

from aiohttp import web
from pydantic import ConfigDict

from pluginhub import errors
from pluginhub.lifecycle import updates
from pluginhub.lifecycle.updates import News
from pluginhub.web import auth, keys
from pluginhub.web.api.installations import ForUser
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, operation

_EXAMPLE: dict[str, Any] = {
    "slug": "Dashboard",
    "version": "2.0.0",
    "latest_version": "2.1.0",
    "at_source": False,
    "source_url": "https://github.com/example/dashboard",
    "checked_at": "2026-05-01T09:30:00Z",
}


class UpdateAnswer(Answer):
    """An update; ``at_source`` means that it has to be published first."""

    slug: str
    version: str
    latest_version: str
    at_source: bool
    source_url: str
    checked_at: str | None

    @classmethod
    def of(cls, news: News) -> "UpdateAnswer":
        """Return how an update is shown."""
        release = news.installation.release
        return cls(
            slug=release.slug,
            version=release.version,
            latest_version=news.latest or release.version,
            at_source=news.at_source,
            source_url=release.source_url,
            checked_at=None if news.checked_at is None else moment(news.checked_at),
        )


class Updates(Answer):
    """What could be updated, by slug."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"updates": [_EXAMPLE]}]})

    updates: list[UpdateAnswer]


@operation(errors=(errors.NotFoundError,))
async def show(request: web.Request, query: ForUser) -> Updates:
    """Answer which of a user's plugins could be updated now, and to what."""
    user = await auth.subject(request, query.user)
    found = await updates.available(
        request.app[keys.RESOURCES], user.id, may_publish=auth.may_publish(request)
    )
    return Updates(updates=[UpdateAnswer.of(news) for news in found])
