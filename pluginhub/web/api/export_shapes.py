"""The document with everything that is known of a user, as it is handed out and taken in."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from pluginhub.database import plugin_rows
from pluginhub.database.state_records import Strategy, SyncStatus
from pluginhub.lifecycle import states
from pluginhub.manifest import JSONObject, Slug, Version
from pluginhub.models import Channel, Role
from pluginhub.web import operations
from pluginhub.web.api.shapes import moment
from pluginhub.web.credentials import Email, UserName

_TIME: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
_EXAMPLE: dict[str, Any] = {
    "format": 1,
    "user": {
        "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
        "name": "ann",
        "email": "ann@example.org",
        "role": "user",
        "enabled": True,
        "created_at": "2026-05-01T09:30:00Z",
    },
    "plugins": [],
    "states": [],
    "api_tokens": [],
    "published": [],
    "history": [],
    "history_complete": True,
    "exported_at": "2026-05-02T11:00:00Z",
}


def _seconds(value: object) -> object:
    return int(_TIME.validate_python(value).timestamp()) if isinstance(value, str) else value


Moment = Annotated[
    int,
    BeforeValidator(_seconds),
    PlainSerializer(moment, when_used="json"),
    Field(ge=0, le=10**11),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Whole = Annotated[int, Field(ge=0, le=2**53)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Account(_Part):
    """Who it is; no password."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: UserName
    email: Email | None
    role: Role
    enabled: bool
    created_at: Moment


class NamedRelease(_Part):
    """A release of the plugin at hand, by its bytes as well."""

    version: Version
    digest: Digest


class Module(_Part):
    """What the user changed of a module."""

    enabled: bool = True
    attributes: JSONObject = {}
    written: JSONObject = {}


class Plugin(_Part):
    """What the user has of one plugin."""

    slug: Slug
    version: Version
    digest: Digest
    enabled: bool
    config: JSONObject
    attributes: JSONObject
    pin: Annotated[str, Field(max_length=256)] | None
    channel: Channel
    as_dependency: bool
    previous: NamedRelease | None
    previous_config: JSONObject | None
    installed_at: Moment
    updated_at: Moment
    modules: dict[Name, Module]
    rows: dict[str, list[JSONObject]]

    @model_validator(mode="after")
    def _known_rows(self) -> Self:
        for table, rows in self.rows.items():
            if table not in plugin_rows.TABLES:
                raise ValueError(f"rows: there is no table {table[:50]!a}")
            ids = [str(row.get("id", "")) for row in rows]
            if len(set(ids)) < len(ids) or not all(ids):
                raise ValueError(f"rows.{table}: each row has an id of its own")
        return self


class KeptState(_Part):
    """A state that a plugin keeps."""

    id: Name
    plugin_id: Name
    page_id: Name | None
    state_key: Name | None
    state_data: Annotated[str, Field(max_length=states.LARGEST)]
    state_schema_version: Name | None
    state_strategy: Strategy
    compression_type: Literal["gzip"] | None
    state_size: Whole
    last_accessed: Moment
    access_count: Whole
    ttl_expires_at: Moment | None
    is_active: bool
    version: Whole
    device_id: Name | None
    sync_status: SyncStatus
    created_at: Moment
    updated_at: Moment


class TokenName(_Part):
    """An API token, without what it could be used with."""

    name: str
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None


class Document(operations.Answer):
    """Everything that is known of a user; to take it in, the first four keys are enough."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    format: Literal[1]
    user: Account
    plugins: list[Plugin]
    states: list[KeptState]
    api_tokens: list[TokenName] = Field(default_factory=list)
    published: list[str] = Field(default_factory=list)
    history: list[dict[str, Any]] = Field(default_factory=list)
    history_complete: bool = True
    exported_at: Moment | None = None

    @model_validator(mode="after")
    def _all_of_one_user(self) -> Self:
        slugs = [plugin.slug.lower() for plugin in self.plugins]
        if len(set(slugs)) < len(slugs):
            raise ValueError("plugins: one of them stands twice")
        for plugin in self.plugins:
            ids = [plugin.attributes, *(it.attributes for it in plugin.modules.values())]
            for known in (it["id"] for it in ids if "id" in it):
                if not isinstance(known, str) or not known.startswith(f"{self.user.id}_"):
                    raise ValueError(f"plugins: an id of {plugin.slug} is not one of this user")
        return self
