"""What the old database has of a user's plugins beside the plugins: settings, ids, states."""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pluginhub.care.migration.plan import Person
from pluginhub.database.old_application import OldApplication, Row
from pluginhub.lifecycle import application, columns
from pluginhub.models import Installation, ModuleSettings
from pluginhub.storage import braindrive

_LARGEST = 1024 * 1024  # bytes of a source that is searched for names of settings


@dataclass(frozen=True, slots=True)
class Brought:
    """The rows of one user.

    Attributes:
        plugins: Of the table ``plugin``.
        modules: Of the table ``module``.
        states: Of the table ``plugin_states``.
        settings: Of the table ``settings_instances``.
        definitions: Of the table ``settings_definitions``, by id; of everybody.
    """

    plugins: list[Row] = field(default_factory=list)
    modules: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    settings: list[Row] = field(default_factory=list)
    definitions: Mapping[str, Row] = field(default_factory=dict)

    def into(self, installation: Installation) -> Installation:
        """Return an installation with what these rows say of it."""
        row = next((it for it in self.plugins if _is_of(it, installation)), None)
        if row is None:
            return installation
        expected = application.plugin_row(installation)
        attributes = application.changed(row, expected, columns.PLUGIN_JSON)
        if _is_id_of(row.get("id"), installation) and row["id"] != expected["id"]:
            attributes["id"] = row["id"]
        return replace(
            installation, attributes=attributes, modules=self._modules(installation, row)
        )

    def _modules(self, installation: Installation, plugin: Row) -> dict[str, ModuleSettings]:
        rows = {it.get("name"): it for it in self.modules if it.get("plugin_id") == plugin["id"]}
        found: dict[str, ModuleSettings] = {}
        for expected in application.module_rows(installation):
            row = rows.get(expected["name"])
            if row is None:
                continue
            attributes = application.changed(row, expected, columns.MODULE_JSON)
            if _is_id_of(row.get("id"), installation) and row["id"] != expected["id"]:
                attributes["id"] = row["id"]
            settings = ModuleSettings(row.get("enabled") in {None, 1}, attributes)
            if settings != ModuleSettings():
                found[expected["name"]] = settings
        return found

    def settings_of(self, named: Collection[str]) -> dict[str, list[Row]]:
        """Return the settings with these definitions, and the definitions, by their tables."""
        own = [it for it in self.settings if it.get("definition_id") in named]
        used = sorted({it["definition_id"] for it in own})
        if not own:
            return {}
        definitions = [self.definitions[name] for name in used]
        return {"settings_definitions": definitions, "settings_instances": own}


class Belongings:
    """Knows what users have.

    Args:
        application: The old database; None if it is not given.
    """

    def __init__(self, application: OldApplication | None) -> None:
        self._application = application
        self._definitions: dict[str, Row] | None = None

    async def named_by(self, folder: Path) -> set[str]:
        """Return the definitions of settings that the source of a plugin names."""
        known = await self._known_definitions()
        return await asyncio.to_thread(_named_in, folder / braindrive.FILE_NAME, known)

    async def of(self, person: Person) -> Brought:
        """Return the rows of a user."""
        old = self._application
        if old is None or not person.spellings:
            return Brought()
        names = tuple(sorted(person.spellings))
        return Brought(
            plugins=await old.of_user("plugin", names),
            modules=await old.of_user("module", names),
            states=_with_ids(await old.of_user("plugin_states", names)),
            settings=[
                {**row, "user_id": person.id}  # as hooks ask for it, and may leave it
                for row in _with_ids(await old.of_user("settings_instances", names))
            ],
            definitions=await self._known_definitions(),
        )

    async def _known_definitions(self) -> Mapping[str, Row]:
        if self._definitions is None:
            old = self._application
            rows = [row async for row in old.rows("settings_definitions")] if old else []
            self._definitions = {str(row["id"]): row for row in rows if row.get("id")}
        return self._definitions


def _with_ids(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if isinstance(row.get("id"), str)]


def _is_of(row: Mapping[str, Any], installation: Installation) -> bool:
    slug = row.get("plugin_slug")
    return isinstance(slug, str) and slug.lower() == installation.slug.lower()


def _is_id_of(value: object, installation: Installation) -> bool:
    """Return whether an id can only be of this user: addresses find users by them."""
    return isinstance(value, str) and value.startswith(f"{installation.user_id}_")


def _named_in(file: Path, names: Iterable[str]) -> set[str]:
    if not file.is_file():
        return set()
    with file.open("rb") as stream:
        source = stream.read(_LARGEST).decode(errors="replace")
    return {name for name in names if name in source}
