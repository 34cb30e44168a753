"""Reads the query of a request; what is not known is refused, so that no typing error acts."""

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from pluginhub.errors import InvalidError
from pluginhub.manifest import explain

Query = TypeVar("Query", bound=BaseModel)

_SWITCHES = {"0": False, "false": False, "1": True, "true": True, "": True}
_SHOWN = 50  # characters of what a client sent


def read(request: web.Request, model: type[Query]) -> Query:
    """Return the query as a model.

    Raises:
        InvalidError: The model refuses it; the message names the parameters.
    """
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        text = "; ".join(f"{path}: {reason}" for path, reason in explain(error))
        raise InvalidError(text) from error


def refuse_unknown(request: web.Request, *known: str) -> None:
    """See to it that a query has no other parameters.

    Args:
        request: What was asked.
        *known: Names of parameters.

    Raises:
        InvalidError: There are others; the message names them.
    """
    unknown = [name for name in dict.fromkeys(request.query) if name not in known]
    if unknown:
        names = ", ".join(ascii(name[:_SHOWN]) for name in unknown)
        may = f"this address knows {', '.join(known)}" if known else "this address knows none"
        raise InvalidError(f"unknown query parameters: {names}; {may}")


def switch(request: web.Request, name: str) -> bool:
    """Return whether a parameter is there and true.

    Raises:
        InvalidError: It has another value than true and false.
    """
    if name not in request.query:
        return False
    value = request.query[name]
    if value.lower() not in _SWITCHES:
        raise InvalidError(f"{name}: must be true or false, not {value[:_SHOWN]!r}")
    return _SWITCHES[value.lower()]
