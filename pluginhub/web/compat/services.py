"""E28 and E31: what plugins would run on the server, which this server does not do."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import ConfigDict, Field

from pluginhub.errors import ForbiddenError, MalformedError, NotFoundError
from pluginhub.web import auth
from pluginhub.web.operations import Answer, Body, operation

_CURRENT = "current"

Name = Annotated[str, Field(max_length=255)]


class Service(Body):
    """Which service, and whose settings it gets."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "required": ["definition_id"],
            "examples": [{"definition_id": "rag_settings", "user_id": "current"}],
        },
    )

    definition_id: Name = ""
    user_id: Name | None = None
    service_name: Name | None = None
    env: dict[str, Any] | None = None


class ServiceAnswer(Answer):
    """Whether the service was told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"success": False, "message": "This server does not run services of plugins"}
            ]
        }
    )

    success: bool
    message: str


@operation(any_query=True, errors=(MalformedError, ForbiddenError))
async def control(request: web.Request, body: Service) -> ServiceAnswer:
    """Answer that services of plugins are not run: start them as the operator of this machine."""
    if "definition_id" not in body.model_fields_set:
        raise MalformedError("definition_id is required")
    if body.user_id not in {None, _CURRENT, auth.signed_in(request).id}:
        raise ForbiddenError("Cannot access settings for another user")
    return ServiceAnswer(
        success=False,
        message=(
            "This server does not run services of plugins;"
            f" to {request.match_info['action']} one is up to its operator"
        ),
    )


@operation(any_query=True, status=404)
async def endpoint(_request: web.Request) -> web.Response:
    """Answer that plugins have no endpoints of their own here."""
    raise NotFoundError("This server does not run endpoints of plugins")
