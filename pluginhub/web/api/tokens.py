"""The native API: tokens that users make for programs."""

from typing import Annotated

from aiohttp import web
from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from pluginhub import errors
from pluginhub.accounts import api_tokens as verbs
from pluginhub.accounts.api_tokens import Scope
from pluginhub.database import api_tokens
from pluginhub.database.api_tokens import ApiToken
from pluginhub.web import auth, keys
from pluginhub.web.api.shapes import moment
from pluginhub.web.operations import Answer, Body, Query, operation

_TEN_YEARS = 10 * 366 * 24 * 3600  # seconds
_EXAMPLE: JsonDict = {
    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "name": "build server",
    "scopes": ["publish"],
    "created_at": "2026-05-01T09:30:00Z",
    "expires_at": "2026-07-30T09:30:00Z",
}

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[ -~]+$")]


class Whose(Query):
    """For an admin: whose tokens."""

    user: str | None = None


class NewToken(Body):
    """A token to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "build server", "scopes": ["publish"], "expires_in": 7776000}]
        }
    )

    name: Name = Field(description="For people: where it is used.")
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)] = Field(
        default=["read"], description="What it may be used for."
    )
    expires_in: Annotated[int, Field(ge=1, le=_TEN_YEARS)] | None = Field(
        default=None, description="Seconds; without it, the token does not expire."
    )


class TokenAnswer(Answer):
    """A token without its secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    scopes: list[Scope]
    created_at: str
    expires_at: str | None


class NewTokenAnswer(TokenAnswer):
    """A token with its secret, which is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "token": f"{verbs.PREFIX}Zs4XcRZ4PSSXTmwu"}]}
    )

    token: str


class TokensAnswer(Answer):
    """The tokens of a user, the oldest first."""

    tokens: list[TokenAnswer]


@operation(errors=(errors.NotFoundError,))
async def list_all(request: web.Request, query: Whose) -> TokensAnswer:
    """Answer the tokens of a user, those that have expired as well."""
    user = await auth.subject(request, query.user)
    async with request.app[keys.DATABASE].snapshot() as connection:
        found = await api_tokens.list_of(connection, user.id)
    return TokensAnswer(tokens=[_answer(token) for token in found])


@operation(
    status=201,
    answer=NewTokenAnswer,
    errors=(errors.NotFoundError, errors.ConflictError),
    creates=True,
)
async def create(
    request: web.Request,
    query: Whose,
    body: NewToken,
) -> web.Response:
    """Make a token. The answer alone holds its secret."""
    token, secret = await verbs.create(
        request.app[keys.DATABASE],
        await auth.subject(request, query.user),
        body.name,
        tuple(body.scopes),
        body.expires_in,
        actor=request[keys.ACTOR],
    )
    answer = NewTokenAnswer(**_answer(token).model_dump(), token=secret)
    return web.json_response(
        body=answer.model_dump_json().encode(),
        status=201,
        headers={"Cache-Control": "no-store"},
    )


@operation(status=204, errors=(errors.NotFoundError,))
async def revoke(request: web.Request, query: Whose) -> None:
    """Revoke a token: nobody gets in with it any more."""
    by_operator = request[keys.ACTOR].user_id is None and query.user is None
    user = None if by_operator else await auth.subject(request, query.user)
    await verbs.revoke(
        request.app[keys.DATABASE], request.match_info["id"], user, actor=request[keys.ACTOR]
    )


def _answer(token: ApiToken) -> TokenAnswer:
    return TokenAnswer.model_validate(
        {
            "id": token.id,
            "name": token.name,
            "scopes": list(token.scopes),
            "created_at": moment(token.created_at),
            "expires_at": None if token.expires_at is None else moment(token.expires_at),
        }
    )
