"""The values in an export of a user: written as they are, and read with every check."""

import contextlib
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from pluginhub.errors import InvalidError
from pluginhub.lifecycle import columns, ranges, states
from pluginhub.lifecycle.answers import Scalar
from pluginhub.manifest import JSONObject
from pluginhub.web.api import shapes
from pluginhub.web.operations import Body
from pluginhub.web.version_ranges import VersionOrRange

T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)

_LAST = 253402300799  # seconds since 1970 until the end of the year 9999
_MOST_KEYS = 1000  # of an object: a plugin has so many modules at most
_LONGEST_ID = 255
_SCALAR: TypeAdapter[Any] = TypeAdapter(Scalar, config=ConfigDict(strict=True))


def _seconds(value: object) -> int:
    if isinstance(value, str) and value.endswith("Z"):
        with contextlib.suppress(ValueError):
            seconds = int(datetime.fromisoformat(value).timestamp())
            if seconds >= 0 and shapes.moment(seconds) == value:
                return seconds
    raise ValueError("must be a time such as 2026-05-01T09:30:00Z")


def _moment(seconds: int) -> str:
    """Return a time; hooks of plugins may write any number where one belongs."""
    return shapes.moment(min(max(seconds, 0), _LAST))


def few(value: T) -> T:
    """Refuse what would be wrong in more places than anybody reads of."""
    if isinstance(value, dict) and len(value) > _MOST_KEYS:
        raise ValueError(f"has more than {_MOST_KEYS} keys")
    return value


def _range(text: str) -> str:
    try:
        ranges.parse(text)
    except InvalidError as error:
        raise ValueError(error.message) from error
    return text


def _of_plugin(attributes: dict[str, Any]) -> dict[str, Any]:
    return _fitting(attributes, columns.OF_PLUGINS)


def _of_module(attributes: dict[str, Any]) -> dict[str, Any]:
    return _fitting(attributes, columns.OF_MODULES)


def _fitting(attributes: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if wrong := columns.misfits(attributes, known):
        raise ValueError(f"{wrong[0][:50]!a} is no column, or has a value that does not fit it")
    return attributes


def _row(row: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(row.get("id"), str) or not 0 < len(row["id"]) <= _LONGEST_ID:
        raise ValueError(f"'id' must be text of 1 to {_LONGEST_ID} characters")
    for name, value in row.items():
        try:
            _SCALAR.validate_python(value)
        except ValidationError as error:
            raise ValueError(f"{name[:50]!a} is no value of a column") from error
    return row


def _of_a_size(text: str) -> str:
    if len(text.encode()) > states.LARGEST:
        raise ValueError(f"has more than {states.LARGEST} bytes")
    return text


Many = Annotated[list[T], FailFast()]
UserId = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
Version = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Id = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Text = Annotated[str, AfterValidator(_of_a_size)]
Range = Annotated[VersionOrRange, AfterValidator(_range)]
PluginAttributes = Annotated[JSONObject, AfterValidator(_of_plugin)]
ModuleAttributes = Annotated[JSONObject, AfterValidator(_of_module)]
Row = Annotated[dict[str, Any], AfterValidator(_row)]
Moment = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Part(Body):
    """A part of an export."""

    @model_validator(mode="before")
    @classmethod
    def _few_keys(cls, value: object) -> object:
        return few(value)


def shown(model: type[Model], found: object, **more: Any) -> Model:
    """Return how a thing is shown whose attributes have the names of the model's; unchecked.

    Args:
        model: Of a part.
        found: The thing.
        **more: What is shown otherwise.
    """
    rest = model.model_fields.keys() - more.keys()
    return model.model_construct(**{name: getattr(found, name) for name in rest}, **more)
