"""Makes a user as another server had them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pluginhub.accounts.exports import Holding, Version
from pluginhub.accounts.users import check_free
from pluginhub.database import audit, installations, plugin_rows, releases, state_records, users
from pluginhub.database.connection import Connection, Database
from pluginhub.database.releases import Known
from pluginhub.database.state_records import State
from pluginhub.errors import ConflictError
from pluginhub.models import Actor, User


@dataclass(frozen=True, slots=True)
class Missing:
    """A release that the user had, and why they do not have it here."""

    slug: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    user: User
    installations: int
    states: int
    missing: list[Missing]


async def import_user(
    database: Database,
    user: User,
    holdings: Sequence[Holding],
    states: Sequence[State],
    *,
    actor: Actor,
) -> Imported:
    """Make an account without a password, and give it what it had elsewhere.

    No hook runs, and no quota counts: whoever asks is an admin.

    Args:
        database: Gets the rows.
        user: The account.
        holdings: What it had of plugins; what is not published here as it was there is left out.
        states: What plugins stored for it.
        actor: Who asks, for the audit.

    Raises:
        ConflictError: The id, the name or the address is taken, or the id of a state.
    """
    async with database.transaction() as tx:
        await _check_free(tx, user)
        now = database.now()
        await users.add(tx, replace(user, updated_at=now), None)
        number, missing = await _install(tx, user.id, holdings)
        await _store(tx, states)
        await audit.record(
            tx,
            actor,
            "import-user",
            user.name,
            now,
            user_id=user.id,
            role=user.role,
            installations=number,
            states=len(states),
            missing=len(missing),
        )
    return Imported(user, number, len(states), missing)


async def _check_free(tx: Connection, user: User) -> None:
    if known := await users.find_by_id(tx, user.id):
        raise ConflictError(f"the user id {user.id} is taken by {known.name}", id=user.id)
    await check_free(tx, user.name, user.email)


async def _install(
    tx: Connection, user_id: str, holdings: Sequence[Holding]
) -> tuple[int, list[Missing]]:
    """Give a user what is published here; return how many plugins that are, and what is not."""
    shelf = _Shelf(await releases.list_published(tx))
    found: list[tuple[Holding, int, int | None]] = []
    for holding in holdings:
        release = shelf.find(holding.slug, Version(holding.version, holding.digest))
        if release is not None:
            found.append((holding, release, shelf.find_way_back(holding)))
    whole = await releases.get_many(tx, (release for _, release, _ in found))
    for holding, release, previous in found:
        installation = holding.installation(user_id, whole[release], previous)
        await installations.add(tx, installation)
        await plugin_rows.replace(tx, installation.id, holding.rows)
    return len(found), shelf.missing


class _Shelf:
    """What is published here, and what was looked for in vain."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._known = {(it.slug.lower(), it.version.lower()): it for it in known}
        self.missing: list[Missing] = []

    def find_way_back(self, holding: Holding) -> int | None:
        """Return the id of the release to roll back to, or None."""
        if holding.previous is None:
            return None
        return self.find(holding.slug, holding.previous, ", so there is no way back to it")

    def find(self, slug: str, wanted: Version, consequence: str = "") -> int | None:
        """Return the id of a release with the same bytes, or None."""
        known = self._known.get((slug.lower(), wanted.version.lower()))
        if known and known.digest == wanted.digest:
            return known.id
        reason = "it is published here with other bytes" if known else "it is not published here"
        self.missing.append(Missing(slug, wanted.version, reason + consequence))
        return None


async def _store(tx: Connection, states: Sequence[State]) -> None:
    taken = await state_records.taken(tx, [state.id for state in states])
    for index, state in enumerate(states):
        if state.id in taken:
            path = f"states[{index}].id"
            raise ConflictError(
                f"{path}: another user has a state with the id {state.id!r}", path=path
            )
    await state_records.add(tx, states)
