"""What E32 to E39 read and answer: states of plugins, with times in ISO 8601 (UTC)."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import from_json

from pluginhub.database.state_records import State, Strategy, SyncStatus
from pluginhub.lifecycle.states import Draft
from pluginhub.web.operations import Answer, Body, Query
from pluginhub.web.queries import NUMBER

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - states are shown without a zone
_LAST = 253402300799  # seconds since 1970 until the end of the year 9999

_EXAMPLE: dict[str, Any] = {
    "plugin_id": "WeatherPanel",
    "page_id": None,
    "state_key": None,
    "state_strategy": "persistent",
    "ttl_expires_at": None,
    "id": "c6cfbe29-0000-4000-8000-000000000001",
    "user_id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "state_data": {"city": "Oslo"},
    "state_schema_version": None,
    "compression_type": None,
    "state_size": 16,
    "last_accessed": "2026-05-01T09:30:00",
    "access_count": 0,
    "is_active": True,
    "version": 1,
    "device_id": None,
    "sync_status": "synced",
    "created_at": "2026-05-01T09:30:00",
    "updated_at": "2026-05-01T09:30:00",
}


def _seconds(value: object) -> object:
    """Return seconds since 1970 for a time in ISO 8601; without a zone it is UTC."""
    if not isinstance(value, str):
        raise ValueError("must be a time such as 2026-05-01T09:30:00Z")  # noqa: TRY004 - of pydantic
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("must be a time such as 2026-05-01T09:30:00Z") from error
    seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return min(max(int(seconds), 0), _LAST)


def _is_null(value: object) -> object:
    return None if value is None else _seconds(value)


def moment(seconds: int) -> str:
    """Return a time, given in seconds since 1970, as the frontend reads it."""
    bounded = min(max(seconds, 0), _LAST)
    return (_EPOCH + timedelta(seconds=bounded)).isoformat()


Name = Annotated[str, Field(min_length=1, max_length=255)]
Label = Annotated[str, Field(max_length=255)]
Moment = Annotated[
    int | None,
    BeforeValidator(_is_null),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]


class _Loose(Body):
    model_config = ConfigDict(extra="ignore")


class _Draft(_Loose):
    page_id: Label | None = None
    state_key: Label | None = None
    state_data: dict[str, Any]
    state_schema_version: Label | None = None
    state_strategy: Strategy = "persistent"
    compression_type: Literal["gzip"] | None = None
    ttl_expires_at: Moment = None
    device_id: Label | None = None

    def draft(self, **more: Any) -> Draft:
        """Return what is to be stored."""
        return Draft(**{**dict(self), **more})


class NewState(_Draft):
    """A state to store; there is one of each plugin, page and key."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"plugin_id": "WeatherPanel", "state_data": {"city": "Oslo"}}]
        }
    )

    plugin_id: Name


class Changes(_Loose):
    """What is to change of a state; absent keys stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state_data": {"city": "Bergen"}, "is_active": True}]}
    )

    state_data: dict[str, Any] = Field(default_factory=dict)
    state_schema_version: Label | None = None
    state_strategy: Strategy = "persistent"
    compression_type: Literal["gzip"] | None = None
    ttl_expires_at: Moment = None
    is_active: bool = True
    device_id: Label | None = None
    sync_status: SyncStatus = "synced"


class NewStates(_Loose):
    """Several states to store."""

    states: Annotated[list[NewState], Field(max_length=100)]


class SyncedState(_Draft):
    """A state of a device; ``version`` is that which the device saw last."""

    plugin_id: Name | None = None
    version: Annotated[int, Field(ge=1, lt=2**53)] | None = None


_WITH_PLUGIN: JsonDict = {
    "required": ["plugin_id"],
    "properties": {"plugin_id": {"type": "string"}},
}


class Sync(_Loose):
    """What a device has, and since when it wants to know what changed.

    Which plugin it is about is said once for all states, or by each of them.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [_WITH_PLUGIN, {"properties": {"states": {"items": _WITH_PLUGIN}}}]
        }
    )

    plugin_id: Name | None = None
    device_id: Label | None = None
    states: Annotated[list[SyncedState], Field(max_length=100)] = Field(default_factory=list)
    last_sync: Moment = None


class Filter(Query):
    """Which states."""

    model_config = ConfigDict(extra="ignore")

    plugin_id: str | None = None
    page_id: str | None = None
    state_key: str | None = None
    state_strategy: Strategy | None = None
    sync_status: SyncStatus | None = None
    is_active: bool | None = None
    device_id: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000), NUMBER] = 100
    offset: Annotated[int, Field(ge=0, le=999_999_999), NUMBER] = 0


class StateRecord(Answer):
    """A state of a plugin."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    plugin_id: str
    page_id: str | None
    state_key: str | None
    state_strategy: Strategy
    ttl_expires_at: str | None
    id: str
    user_id: str
    state_data: dict[str, Any]
    state_schema_version: str | None
    compression_type: Literal["gzip"] | None
    state_size: int
    last_accessed: str
    access_count: int
    is_active: bool
    version: int
    device_id: str | None
    sync_status: SyncStatus
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, state: State) -> "StateRecord":
        """Return how a state is shown."""
        values = {name: getattr(state, name) for name in cls.model_fields}
        ends = state.ttl_expires_at
        times = {
            name: moment(values[name]) for name in ("last_accessed", "created_at", "updated_at")
        }
        values |= {**times, "ttl_expires_at": None if ends is None else moment(ends)}
        return cls(**{**values, "state_data": _content(state.state_data)})


def _content(text: str) -> dict[str, Any]:
    """Return what a state holds; hooks of plugins may store what is no object."""
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError:
        found = text
    return found if isinstance(found, dict) else {"value": found}
