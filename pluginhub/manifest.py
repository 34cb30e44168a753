"""``pluginhub.json``: what a bundle says of itself, and its JSON Schema."""

import json
import re
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticSerializationError, to_json

from pluginhub.errors import BadBundleError

FILE_NAME = "pluginhub.json"

# These words stand in the addresses of the two APIs where a slug could stand.
RESERVED_SLUGS = frozenset(
    {
        "available",
        "by-slug",
        "categories",
        "direct",
        "install",
        "install-from-url",
        "installed",
        "jobs",
        "manager",
        "manifest",
        "refresh-cache",
        "simple",
        "system",
        "tags",
        "test",
        "updates",
    }
)

T = TypeVar("T")

_SEGMENT = re.compile(r"[^/\\\x00-\x1f]+")
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)
_MAX_PROBLEMS = 20  # a message is for people
_LEVELS_AROUND = 16  # at most, of the answers that such a value stands in


def _not_reserved(slug: str) -> str:
    if slug.lower() in RESERVED_SLUGS or _DEVICE.fullmatch(slug):  # no directory on Windows
        raise ValueError(f"{slug!r} is reserved")
    return slug


def _without_leading_v(version: object) -> object:
    if isinstance(version, str) and re.match(r"[vV][0-9]", version):
        return version[1:]
    return version


def _relative(path: str) -> str:
    segments = path.split("/")
    if not all(_SEGMENT.fullmatch(part) and part not in {".", ".."} for part in segments):
        raise ValueError(
            "must be a relative path with forward slashes, such as dist/remoteEntry.js"
        )
    return path


def _strict_json(value: T) -> T:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise ValueError("holds NaN or an infinite number, which browsers cannot read") from error
    around: object = value
    for _ in range(_LEVELS_AROUND):
        around = [around]
    try:
        to_json(around)
    except PydanticSerializationError as error:
        raise ValueError("is nested too deep, or holds text that is not Unicode") from error
    return value


Slug = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"),
    AfterValidator(_not_reserved),
]
Version = Annotated[
    str,
    BeforeValidator(_without_leading_v),
    StringConstraints(min_length=1, max_length=64, pattern=r"^[0-9A-Za-z][0-9A-Za-z.+!_-]*$"),
]
RelativePath = Annotated[str, StringConstraints(max_length=1024), AfterValidator(_relative)]
# Terminals and logs show these: no control characters, nothing that turns the writing around.
_UNSEEN = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069"
Text = Annotated[str, StringConstraints(max_length=10_000, pattern=rf"^[^{_UNSEEN}]*$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern=rf"^[^\t\n\r{_UNSEEN}]*$")]
JSONObject = Annotated[dict[str, Any], AfterValidator(_strict_json)]
JSONArray = Annotated[list[Any], AfterValidator(_strict_json)]


class _Described(BaseModel):
    """Snake case is canonical; the camelCase spellings of the HTTP API are read as well."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
    )


class Module(_Described):
    """A component that a release exposes to the frontend."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_$][A-Za-z0-9_.$-]{0,127}$")]
    display_name: Line | None = None
    description: Text | None = None
    icon: Line | None = None
    category: Line | None = None
    tags: list[Line] = []
    priority: int = Field(default=0, strict=True, ge=-(2**31), lt=2**31)
    props: JSONObject = {}
    config_fields: JSONObject = {}
    required_services: JSONObject = {}
    layout: JSONObject = {}
    messages: JSONObject = {}
    dependencies: JSONArray = []


class Requirements(_Described):
    """What a release asks of its surroundings."""

    host: Line | None = None


class Manifest(_Described):
    """The content of ``pluginhub.json``.

    ``slug``, ``name``, ``version``, ``scope`` and one module with a name are required.
    """

    manifest_version: Literal[1] = 1
    slug: Slug
    name: Annotated[Line, StringConstraints(min_length=1)]
    version: Version
    description: Text = ""
    author: Line | None = None
    license: Line | None = None
    homepage: Annotated[str, StringConstraints(max_length=2048)] | None = None
    icon: Line | None = None
    category: Line | None = None
    tags: list[Line] = []
    scope: Annotated[str, StringConstraints(pattern=r"^[A-Za-z_$][A-Za-z0-9_$-]{0,127}$")]
    entry: RelativePath = "dist/remoteEntry.js"
    modules: Annotated[list[Module], Field(min_length=1, max_length=1000)]
    dependencies: dict[Slug, Line] = {}
    conflicts: dict[Slug, Line] = {}
    requires: Requirements = Requirements()
    config_schema: JSONObject | None = None
    permissions: list[Line] = []
    hooks: RelativePath | None = None

    @field_validator("dependencies", "conflicts")
    @classmethod
    def _slugs_differ(cls, ranges: dict[str, str]) -> dict[str, str]:
        slugs = [slug.lower() for slug in ranges]
        if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
            raise ValueError(f"{', '.join(twice)} is named twice; case does not matter")
        return ranges

    @field_validator("modules")
    @classmethod
    def _names_differ(cls, modules: list[Module]) -> list[Module]:
        names = [module.name for module in modules]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two modules are named {', '.join(twice)}")
        return modules


def parse(raw: bytes) -> Manifest:
    """Read a manifest as it stands in a bundle.

    Args:
        raw: The bytes of ``pluginhub.json``.

    Returns:
        The manifest, validated; a leading ``v`` of the version is gone.

    Raises:
        BadBundleError: ``bad-manifest``; the message names every offending path, for example
            ``modules[2].name: required``.
    """
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        problems = [f"{path}: {text}" for path, text in explain(error)[:_MAX_PROBLEMS]]
        raise BadBundleError(
            "bad-manifest", f"{FILE_NAME}: {'; '.join(problems)}", problems=problems
        ) from error


def explain(error: ValidationError) -> list[tuple[str, str]]:
    """Return what a model refused as pairs of path (``modules[2].name``) and reason."""
    return [(path_of(item["loc"]), reason_of(item["type"], item["msg"])) for item in error.errors()]


def path_of(location: tuple[int | str, ...]) -> str:
    """Return a place in a manifest as people write it, such as ``modules[2].name``."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            name = part if part.isprintable() else ascii(part)
            path += f".{name}" if path else name
    return path or "the document"


def reason_of(kind: str, message: str) -> str:
    """Return what a model says against a value, for people."""
    known = {"missing": "required", "extra_forbidden": "unknown key"}
    return known.get(kind, message.removeprefix("Value error, "))


def schema() -> JSONObject:
    """Return the JSON Schema (2020-12) of ``pluginhub.json``."""
    return {
        **Manifest.model_json_schema(by_alias=False),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FILE_NAME,
    }
