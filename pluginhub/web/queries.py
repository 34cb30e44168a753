"""Reads the query of a request; what is not known is refused, so that no typing error acts."""

import re
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ValidationError

from pluginhub.errors import InvalidError
from pluginhub.manifest import explain

Query = TypeVar("Query", bound=BaseModel)

_NUMBER = re.compile(r"[0-9]{1,9}")
_SWITCHES = {"0": False, "false": False, "1": True, "true": True, "": True}
_SHOWN = 50  # characters of what a client sent


def _switch(value: object) -> object:
    if isinstance(value, str):
        if value.lower() not in _SWITCHES:
            raise ValueError(f"must be true or false, not {value[:_SHOWN]!r}")
        return _SWITCHES[value.lower()]
    return value


def _number(value: object) -> object:
    # int() reads " 12 ", "1_000" and digits of any script as well.
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise ValueError(f"must be a whole number, not {value[:_SHOWN]!r}")
        return int(value)
    return value


Switch = Annotated[bool, BeforeValidator(_switch)]
NUMBER = BeforeValidator(_number)  # for whole numbers: Annotated[int, Field(ge=1), NUMBER]


def read(request: web.Request, model: type[Query]) -> Query:
    """Return the query as a model.

    Raises:
        InvalidError: The model refuses it; the message names the parameters.
    """
    if model.model_config.get("extra") == "forbid":
        refuse_unknown(request, *model.model_fields)
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
