"""Tells those who keep copies of rows in memory what a transaction changed, and of new events.

Triggers of the writing connection note it, whatever statement changed the row, so no verb can
forget to. They are temporary: they belong to the connection, not to the schema.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import aiosqlite

# Which user a row belongs to, as SQL over the row of a trigger.
_USER = {
    "users": "{row}.id",
    "tokens": "{row}.user_id",
    "api_tokens": "{row}.user_id",
    "installations": "{row}.user_id",
    "installation_modules": (
        "(SELECT user_id FROM main.installations WHERE id = {row}.installation_id)"
    ),
    "former_releases": "(SELECT user_id FROM main.installations WHERE id = {row}.installation_id)",
}
_SHARED = {"plugins", "releases", "release_files", "modules", "remote_versions"}
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


@dataclass(slots=True)
class Change:
    """What one transaction changed.

    Attributes:
        users: Ids of users of whose account, tokens or installations something is another.
        shared: Whether something is another that all users see, such as a release.
    """

    users: set[str] = field(default_factory=set)
    shared: bool = False

    def __bool__(self) -> bool:
        return self.shared or bool(self.users)


class Changes:
    """Collects what the open transaction changes, and tells it once that is committed.

    Attributes:
        number: How many changes were told until now. Whoever reads rows to keep them compares it
            before and after: if it is another, what was read may be old already.
    """

    def __init__(self) -> None:
        self.number = 0
        self._open = Change()
        self._recorded = False
        self._listeners: list[Callable[[Change], None]] = []
        self._readers: list[Callable[[], None]] = []

    async def watch(self, writer: aiosqlite.Connection) -> None:
        """Note from now on what a connection changes in the tables that are there."""
        rows = await writer.execute_fetchall("SELECT name FROM main.sqlite_schema")
        there = {row["name"] for row in rows}
        await writer.create_function("note_user", 1, self._note_user)
        await writer.create_function("note_shared", 0, self._note_shared)
        await writer.create_function("note_entry", 0, self._note_entry)
        for table in there & _USER.keys():
            for event, row in _EVENTS.items():
                await writer.execute(
                    f"CREATE TEMP TRIGGER note_{table}_{event} AFTER {event} ON main.{table}"
                    f" BEGIN SELECT note_user({_USER[table].format(row=row)}); END"
                )
        for table in there & _SHARED:
            for event in _EVENTS:
                await writer.execute(
                    f"CREATE TEMP TRIGGER note_{table}_{event} AFTER {event} ON main.{table}"
                    " BEGIN SELECT note_shared(); END"
                )
        if "audit" in there:
            await writer.execute(
                "CREATE TEMP TRIGGER note_audit AFTER INSERT ON main.audit"
                " BEGIN SELECT note_entry(); END"
            )

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call somebody after each commit that changed something, before anybody is told of it."""
        self._listeners.append(listener)

    def read_audit(self, reader: Callable[[], None]) -> None:
        """Call somebody after each commit that wrote something into the audit."""
        self._readers.append(reader)

    def committed(self) -> None:
        """Tell what the transaction changed that was just committed."""
        change, self._open = self._open, Change()
        recorded, self._recorded = self._recorded, False
        if change:
            self.number += 1
            for listener in self._listeners:
                listener(change)
        if recorded:
            for reader in self._readers:
                reader()

    def rolled_back(self) -> None:
        """Forget what the transaction would have changed."""
        self._open, self._recorded = Change(), False

    def _note_user(self, user_id: str | None) -> None:
        if user_id is not None:  # NULL: the installation itself went a moment ago, and said so
            self._open.users.add(user_id)

    def _note_shared(self) -> None:
        self._open.shared = True

    def _note_entry(self) -> None:
        self._recorded = True
