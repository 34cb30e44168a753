"""Reads forms as browsers send them, and answers errors as pages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, ValidationError

from pluginhub import errors
from pluginhub.manifest import explain
from pluginhub.web import bodies
from pluginhub.web.pages import rendering

_URLENCODED = "application/x-www-form-urlencoded"

Model = TypeVar("Model", bound="Form")


class Form(BaseModel):
    """The fields of a form; empty ones count as left out, unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def fields(request: web.Request) -> Mapping[str, Any]:
    """Return the fields of a form, each with its last value.

    Raises:
        UnsupportedMediaTypeError: It is no form.
        TooLargeError: It is larger than 1 MiB.
    """
    bodies.refuse_content_encoding(request)
    if request.content_type != _URLENCODED:
        raise errors.UnsupportedMediaTypeError(f"the body must be sent as {_URLENCODED}")
    await bodies.ask_for(request)
    try:
        return await request.post()
    except web.HTTPRequestEntityTooLarge as error:
        raise errors.TooLargeError("the form is larger than 1 MiB") from error
    except ValueError as error:
        raise errors.MalformedError("the form cannot be read") from error


async def read(request: web.Request, model: type[Model]) -> Model:
    """Return a form as a model.

    Raises:
        InvalidError: The model refuses it; the message names the fields.
        UnsupportedMediaTypeError: It is no form.
        TooLargeError: It is larger than 1 MiB.
    """
    return _validated(model, await fields(request))


def query(request: web.Request, model: type[Model]) -> Model:
    """Return the query of a page as a model; what other pages add to it is left out.

    Raises:
        InvalidError: The model refuses it; the message names the parameters.
    """
    known = {name: value for name, value in request.query.items() if name in model.model_fields}
    return _validated(model, known)


def _validated(model: type[Model], fields: Mapping[str, Any]) -> Model:
    given = {name: value for name, value in fields.items() if value != ""}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise bodies.refusal(explain(error)) from error


async def answer_error(
    request: web.Request, status: int, code: str, message: str
) -> web.Response | None:
    """Return the page that tells a person of an error; None for programs, which read problems."""
    if not _from_a_person(request):
        return None
    reading = request.method in {hdrs.METH_GET, hdrs.METH_HEAD}
    if status == HTTPStatus.UNAUTHORIZED:
        here = quote(rendering.path_of(request) if reading else "/", safe="/")
        return rendering.see(request, f"/sign-in?next={here}")
    return await rendering.render(
        request,
        "error.html",
        status=status,
        code=code,
        message=message,
        title=HTTPStatus(status).phrase,
        back=_back(request),
    )


def _back(request: web.Request) -> str:
    """Return the page on which the form was: forms lead to addresses below their page."""
    if request.method == hdrs.METH_POST:
        return rendering.path_of(request).rpartition("/")[0] or "/"
    return "/"


def _from_a_person(request: web.Request) -> bool:
    path = rendering.path_of(request)
    wants_page = "text/html" in request.headers.get(hdrs.ACCEPT, "")
    return wants_page and not path.startswith(("/api/", "/static/"))
