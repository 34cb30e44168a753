"""A user's plugins and modules as the existing frontend reads them, in its two spellings.

Listings spell a plugin in one way (``bundlelocation``), details of a module in another
(``bundleLocation``); http-api section 2.2 has both.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from pluginhub.lifecycle import application
from pluginhub.lifecycle.updates import News
from pluginhub.models import Installation
from pluginhub.web.operations import Answer

Json = dict[str, Any]

MODULE_EXAMPLE: Json = {
    "id": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel_ForecastCard",
    "pluginId": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f_WeatherPanel",
    "name": "ForecastCard",
    "displayName": "Forecast",
    "description": "5-day card",
    "icon": "Cloud",
    "category": "utility",
    "enabled": True,
    "priority": 1,
    "userId": "7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f",
    "props": {},
    "configFields": {},
    "requiredServices": {},
    "layout": {},
    "dependencies": [],
    "tags": ["weather"],
    "messages": {"sends": [], "receives": []},
}


class Record(Answer):
    """Reads a row by its columns, and spells them as the frontend does."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, validate_by_name=True)


class _Plugin(Record):
    """What both spellings share."""

    id: str
    name: str
    description: str
    version: str
    type: str
    enabled: bool
    icon: str | None
    category: str | None
    status: str
    official: bool
    author: str | None
    last_updated: str
    compatibility: str
    downloads: int
    scope: str
    source_type: str
    source_url: str
    update_check_url: str | None
    last_update_check: str | None
    update_available: bool
    latest_version: str | None
    installation_type: str
    config_fields: Json
    messages: Json
    dependencies: list[Any]
    permissions: list[Any]


class PluginRecord(_Plugin):
    """A plugin of a user, as listings have it."""

    plugin_slug: Annotated[str, Field(alias="plugin_slug")]
    plugin_type: str
    bundle_method: Annotated[str, Field(alias="bundlemethod")]
    bundle_location: Annotated[str, Field(alias="bundlelocation")]
    is_local: Annotated[bool, Field(alias="islocal")]
    long_description: str | None
    user_id: str
    endpoints_file: str | None
    route_prefix: str | None
    required_services_runtime: list[Any]
    backend_dependencies: list[Any]


class PluginDetail(_Plugin):
    """A plugin of a user, as it stands beside one of its modules."""

    bundle_method: str
    bundle_location: str
    is_local: bool


class ModuleDetail(Record):
    """A module of a user's plugin, as it stands beside its plugin."""

    id: str
    plugin_id: str
    name: str
    display_name: str | None
    description: str | None
    icon: str | None
    category: str | None
    enabled: bool
    priority: int
    props: Json
    config_fields: Json
    required_services: Json
    layout: Json
    dependencies: list[Any]
    tags: list[str]
    messages: Json


class ModuleRecord(ModuleDetail):
    """A module of a user's plugin, as listings have it."""

    model_config = ConfigDict(json_schema_extra={"examples": [MODULE_EXAMPLE]})

    user_id: str


def plugin_row(installation: Installation, news: News) -> Json:
    """Return the row that the models of plugins read, with the entry file that is served.

    Args:
        installation: Whose row.
        news: What there is to say of its updates.
    """
    return {
        **application.plugin_row(installation),
        **news.columns(),
        "bundle_location": installation.release.manifest.entry,
    }


def module_rows(installation: Installation) -> list[Json]:
    """Return the rows that ``ModuleRecord`` reads, in the order of the manifest."""
    return [
        {**row, "messages": row["messages"] or {"sends": [], "receives": []}}
        for row in application.module_rows(installation)
    ]


def module_records(installation: Installation) -> list[ModuleRecord]:
    """Return the modules of an installation, those that are off as well."""
    return [ModuleRecord.model_validate(row) for row in module_rows(installation)]
