"""What an export of a user looks like."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from pluginhub.accounts import exports
from pluginhub.accounts.exports import Export, Holding
from pluginhub.database.audit import Entry
from pluginhub.database.state_records import State, Strategy, SyncStatus
from pluginhub.manifest import JSONObject, Slug
from pluginhub.models import Channel, ModuleSettings, Role, User
from pluginhub.web.api.export_values import (
    Digest,
    Id,
    Many,
    ModuleAttributes,
    Moment,
    Part,
    PluginAttributes,
    Range,
    Row,
    Text,
    UserId,
    Version,
    Whole,
    few,
    shown,
)
from pluginhub.web.credentials import Email, UserName

_TIME = "2026-05-01T09:30:00Z"
_USER = "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f"
_EXAMPLE: dict[str, Any] = {
    "format": 1,
    "exported_at": _TIME,
    "user": {
        "id": _USER,
        "name": "ann",
        "email": "ann@example.org",
        "role": "user",
        "enabled": True,
        "created_at": _TIME,
    },
    "installations": [
        {
            "slug": "Dashboard",
            "version": "2.1.0",
            "digest": "4f6c1a0b" * 8,
            "enabled": True,
            "config": {"columns": 2},
            "attributes": {},
            "pin": "^2",
            "channel": "stable",
            "as_dependency": False,
            "previous": {"version": "2.0.0", "digest": "0b4f6c1a" * 8},
            "previous_config": {},
            "installed_at": _TIME,
            "updated_at": _TIME,
            "modules": {"Details": {"enabled": False, "attributes": {}, "written": {}}},
            "rows": {
                "settings_definitions": [],
                "settings_instances": [],
                "pages": [{"id": "p1", "name": "Home", "creator_id": _USER}],
                "plugin_service_runtime": [],
            },
        }
    ],
    "states": [],
    "api_tokens": [
        {"name": "build server", "scopes": ["read"], "created_at": _TIME, "expires_at": None}
    ],
    "published": [],
    "history": [],
    "history_complete": True,
}


class UserRecord(Part):
    """An account."""

    id: UserId
    name: UserName
    email: Email | None
    role: Role
    enabled: bool
    created_at: Moment

    def user(self) -> User:
        """Return the account."""
        return User(**dict(self), updated_at=self.created_at)


class VersionRecord(Part):
    """A release of a plugin."""

    version: Version
    digest: Digest


class ModuleRecord(Part):
    """What the user changed of a module."""

    enabled: bool
    attributes: ModuleAttributes
    written: ModuleAttributes


class RowsRecord(Part):
    """What a plugin keeps in tables of the application."""

    settings_definitions: Many[Row]
    settings_instances: Many[Row]
    pages: Many[Row]
    plugin_service_runtime: Many[Row]


class InstallationRecord(Part):
    """What the user has of a plugin."""

    slug: Slug
    version: Version
    digest: Digest
    enabled: bool
    config: JSONObject
    attributes: PluginAttributes
    pin: Range | None
    channel: Channel
    as_dependency: bool
    previous: VersionRecord | None
    previous_config: JSONObject | None
    installed_at: Moment
    updated_at: Moment
    modules: Annotated[dict[Id, ModuleRecord], BeforeValidator(few)]
    rows: RowsRecord

    def holding(self) -> Holding:
        """Return the installation."""
        forms = {
            "previous": self.previous and exports.Version(**dict(self.previous)),
            "modules": {name: ModuleSettings(**dict(it)) for name, it in self.modules.items()},
            "rows": dict(self.rows),
        }
        return Holding(**{**dict(self), **forms})


class StateRecord(Part):
    """Something that a plugin stored, with its content as it was stored."""

    id: Id
    plugin_id: Id
    page_id: Text | None
    state_key: Text | None
    state_data: Text
    state_schema_version: Text | None
    state_strategy: Strategy
    compression_type: Literal["gzip"] | None
    state_size: Whole
    last_accessed: Moment
    access_count: Whole
    ttl_expires_at: Moment | None
    is_active: bool
    version: Whole
    device_id: Text | None
    sync_status: SyncStatus
    created_at: Moment
    updated_at: Moment

    def state(self, user_id: str) -> State:
        """Return the state as one of a user."""
        return State(user_id=user_id, **dict(self))


class TokenRecord(Part):
    """An API token, without what gets one in."""

    name: str
    scopes: Many[str]
    created_at: Moment
    expires_at: Moment | None


class EntryRecord(Part):
    """Something that the user did, or that was done to what is theirs."""

    id: int
    at: Moment
    actor: str
    address: str | None
    action: str
    target: str
    user: str | None
    slug: str | None
    result: str
    details: dict[str, Any]


class Document(Part):
    """What a server has of a user."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    format: Annotated[int, Field(ge=1, le=1)]
    exported_at: Moment
    user: UserRecord
    installations: Many[InstallationRecord]
    states: Many[StateRecord]
    api_tokens: Many[TokenRecord]
    published: Many[str]
    history: Many[EntryRecord]
    history_complete: bool


def written(found: Export) -> bytes:
    """Return an export as JSON; blocks."""
    document = shown(
        Document,
        found,
        format=1,
        exported_at=found.at,
        user=shown(UserRecord, found.user),
        installations=[_installation(item) for item in found.holdings],
        states=[shown(StateRecord, item) for item in found.states],
        api_tokens=[shown(TokenRecord, item, scopes=[*item.scopes]) for item in found.api_tokens],
        history=[_entry(item, found.user) for item in found.history],
    )
    return document.model_dump_json().encode()


def _installation(found: Holding) -> InstallationRecord:
    return shown(
        InstallationRecord,
        found,
        previous=found.previous and shown(VersionRecord, found.previous),
        modules={name: shown(ModuleRecord, item) for name, item in found.modules.items()},
        rows=shown(RowsRecord, None, **found.rows),
    )


def _entry(found: Entry, user: User) -> EntryRecord:
    return shown(
        EntryRecord,
        found,
        actor=found.actor_name,
        # From where others act is not for the user to know.
        address=found.address if found.actor_id == user.id else None,
        user=found.user_name,
    )
