"""What hooks may answer. It comes from plugins, so it is read as strictly as what clients send."""

import math
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from pluginhub.database import plugin_rows
from pluginhub.errors import HookAnswerError
from pluginhub.manifest import JSONObject, explain
from pluginhub.models import Release


def _fits_a_column(value: object) -> object:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("is no number that a database holds")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("is no number that JSON holds")
    if isinstance(value, str):
        value.encode()  # which half of a surrogate pair does not allow: a ValueError
    return value


Scalar = Annotated[int | float | str | bool | None, AfterValidator(_fits_a_column)]
Row = dict[str, Scalar]
Rows = dict[str, list[Row]]  # by table

_MAX_ROWS = 1000  # of a table

_TABLES = {*plugin_rows.TABLES, "plugin", "module", "plugin_states", "users"}
_MAX_PROBLEMS = 3

Answer = TypeVar("Answer", bound=BaseModel)


class Status(BaseModel):
    """How a plugin says that it is."""

    status: Literal["healthy", "unhealthy", "unknown", "not-installed"] = "unknown"
    message: Annotated[str, Field(max_length=2000)] = ""
    details: Any = None


class StatusAnswer(BaseModel):
    """Of the hook ``status``."""

    status: Status = Status()


class ExportAnswer(BaseModel):
    """Of the hook ``export``: whatever the plugin keeps, for itself to read."""

    user_data: Any = None


class AuthoredAnswer(BaseModel):
    """Of a hook written for pluginhub: the configuration as it is to be."""

    config: JSONObject


class ExistingAnswer(BaseModel):
    """Of a hook of an existing package: the rows of its private database."""

    model_config = ConfigDict(strict=True)

    rows: Rows

    @field_validator("rows", mode="before")
    @classmethod
    def _few(cls, rows: object) -> object:
        """Refuse what is not worth looking at closely."""
        for table, found in rows.items() if isinstance(rows, dict) else ():
            if table not in _TABLES:
                raise ValueError(f"there is no table {str(table)[:50]!r}")
            if isinstance(found, list) and len(found) > _MAX_ROWS:
                raise ValueError(f"{table} has more than {_MAX_ROWS} rows")
        return rows


def read(model: type[Answer], release: Release, result: dict[str, Any]) -> Answer:
    """Return what a hook answered.

    Raises:
        HookAnswerError: It is not what the model describes.
    """
    try:
        return model.model_validate(result)
    except ValidationError as error:
        problems = explain(error)[:_MAX_PROBLEMS]
        raise HookAnswerError(
            f"a hook of {release.slug} {release.version} answered what cannot be used: "
            + "; ".join(f"{path}: {reason}" for path, reason in problems),
            slug=release.slug,
            version=release.version,
        ) from error
