"""A2-A4: sign in, refresh, sign out (http-api section 3.9)."""

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub.accounts import sessions
from pluginhub.accounts.sessions import SignedIn
from pluginhub.errors import ForbiddenError, TooManyRequestsError, UnauthenticatedError
from pluginhub.web import credentials, keys
from pluginhub.web.compat.users import MessageAnswer, UserAnswer
from pluginhub.web.identity import cookies, forgery, proofs
from pluginhub.web.operations import Answer, operation


class Credentials(BaseModel):
    """Body of A2; ``email`` takes a user name as well."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "jane", "password": "correct horse"}]}
    )

    email: str
    password: str


class RefreshBody(BaseModel):
    """Body of A3, for clients without cookies."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"refresh_token": "Zs4XcRZ4PSSXTmwuYmSmlFYzpQ2uQBZGCBN1"}]}
    )

    refresh_token: str | None = None


class TokensAnswer(Answer):
    """A pair of tokens; lifetimes in seconds, ``issued_at`` in seconds since 1970."""

    access_token: str
    token_type: str
    refresh_token: str
    expires_in: int
    refresh_expires_in: int
    issued_at: int
    user_id: str


class SignedInAnswer(TokensAnswer):
    """A pair of tokens, and whose they are."""

    user: UserAnswer


@operation(
    any_query=True, answer=SignedInAnswer, errors=(UnauthenticatedError, TooManyRequestsError)
)
async def login(request: web.Request, body: Credentials) -> web.Response:
    """Check name and password, and answer a pair of tokens (A2)."""
    forgery.refuse_forged(request, unmarked=True)
    signed_in = await credentials.sign_in(request, body.email, body.password)
    user = UserAnswer.of(signed_in.user)
    answer = SignedInAnswer(**_tokens(request, signed_in).model_dump(), user=user)
    return _with_cookie(request, signed_in, answer)


@operation(any_query=True, answer=TokensAnswer, errors=(ForbiddenError,))
async def refresh(request: web.Request, body: RefreshBody) -> web.Response:
    """Exchange the refresh token of the cookie, else of the body (A3).

    A refusal is 403, because the existing frontend waits 30 s after a 401.
    """
    token = cookies.read(request)
    # Who shows the token in the body knows it; the cookie may come without its owner's will.
    forgery.refuse_forged(request, unmarked=not token or bool(body.refresh_token))
    if not token or not forgery.is_marked(request):
        token = body.refresh_token or token
    if not token:
        raise ForbiddenError("No refresh token found in cookie or request body")
    database, config = request.app[keys.DATABASE], request.app[keys.CONFIG]
    signed_in = await sessions.refresh(database, config.auth, token)
    return _with_cookie(request, signed_in, _tokens(request, signed_in))


@operation(any_query=True, answer=MessageAnswer)
async def logout(request: web.Request) -> web.Response:
    """End the session: neither token of it works any more (A4)."""
    token = proofs.bearer(request) or cookies.read(request)
    await sessions.sign_out(request.app[keys.DATABASE], token or "")
    answer = MessageAnswer(message="Successfully logged out")
    response = _json(answer)
    cookies.take_away(request, response)
    return response


def _tokens(request: web.Request, signed_in: SignedIn) -> TokensAnswer:
    lifetimes = request.app[keys.CONFIG].auth
    return TokensAnswer(
        access_token=signed_in.access_token,
        token_type="bearer",  # noqa: S106 - the name of a kind (RFC 6750)
        refresh_token=signed_in.refresh_token,
        expires_in=lifetimes.access_lifetime,
        refresh_expires_in=lifetimes.refresh_lifetime,
        issued_at=signed_in.issued_at,
        user_id=signed_in.user.id,
    )


def _with_cookie(request: web.Request, signed_in: SignedIn, answer: TokensAnswer) -> web.Response:
    response = _json(answer)
    cookies.put(request, response, signed_in.refresh_token)
    return response


def _json(answer: Answer) -> web.Response:
    return web.json_response(
        body=answer.model_dump_json().encode(), headers={"Cache-Control": "no-store"}
    )
