"""What names, addresses and passwords of accounts look like, for models of both APIs."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from pluginhub.accounts import users
from pluginhub.errors import InvalidError

_SHORTEST, _LONGEST = 8, 256  # characters; so many never have more bytes than are allowed


def _name(text: str) -> str:
    try:
        users.check_name(text)
    except InvalidError as error:
        raise ValueError(error.message) from error
    return text


def _email(text: str) -> str:
    if not users.is_email(text):
        raise ValueError(f"{text[:100]!r} is no e-mail address")
    return text


def _password(text: str) -> str:
    if len(text) < _SHORTEST:
        raise ValueError(f"a password has at least {_SHORTEST} characters")
    return text


UserName = Annotated[
    str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{users.NAME}$"})
]
Email = Annotated[
    str, AfterValidator(_email), WithJsonSchema({"type": "string", "pattern": f"^{users.EMAIL}$"})
]
Password = Annotated[
    str,
    Field(max_length=_LONGEST),
    AfterValidator(_password),
    WithJsonSchema({"type": "string", "minLength": _SHORTEST, "maxLength": _LONGEST}),
]
