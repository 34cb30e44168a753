"""What hooks may answer. It comes from plugins, so it is read as strictly as what clients send."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pluginhub.errors import HookAnswerError
from pluginhub.manifest import JSONObject, explain
from pluginhub.models import Release

Scalar = Annotated[int, Field(ge=-(2**63), lt=2**63)] | float | str | bool | None
Rows = dict[str, list[dict[str, Scalar]]]  # by table

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
