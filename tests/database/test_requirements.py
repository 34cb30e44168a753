import sqlite3
from typing import Any

import pytest

from pluginhub.database import releases, requirements
from pluginhub.database.connection import Database
from pluginhub.database.requirements import Offer
from tests.database import rows

CLOCK: dict[str, Any] = {
    "dependencies": {"Zones": "^2", "Charts": ">=3 <4 || 5.x"},
    "conflicts": {"Sundial": "*", "Zones": "2.5.0"},
    "requires": {"host": ">=1"},
}
NEEDED = {
    "dependency": {"Charts": ">=3 <4 || 5.x", "Zones": "^2"},
    "conflict": {"Sundial": "*", "Zones": "2.5.0"},
}


async def offers(database: Database, *slugs: str) -> list[Offer]:
    async with database.snapshot() as reader:
        return await requirements.offers(reader, slugs)


async def test_ranges_come_out_by_release_and_kind(database: Database) -> None:
    clock = await rows.publish(database, **CLOCK)
    plain = await rows.publish(database, "Plain")
    charts = await rows.publish(database, "Charts", conflicts={"Clock": "<1"})
    async with database.snapshot() as reader:
        every = await requirements.of_releases(reader, "1 = 1", ())
        some = await requirements.of_releases(reader, "releases.slug = ?", ("cLOCK",))
    assert every == {clock.id: NEEDED, charts.id: {"conflict": {"Clock": "<1"}}}
    assert some == {clock.id: NEEDED}
    assert plain.id not in every


async def test_each_version_has_its_own_ranges(database: Database) -> None:
    await rows.publish(database, **CLOCK)
    await rows.publish(database, version="2.0.0", dependencies={"Charts": "^4"})
    async with database.snapshot() as reader:
        first, second = await releases.list_of(reader, "Clock")
    assert first.manifest.dependencies == CLOCK["dependencies"]
    assert first.manifest.conflicts == CLOCK["conflicts"]
    assert second.manifest.dependencies == {"Charts": "^4"}
    assert second.manifest.conflicts == {}


async def test_an_offer_has_what_choosing_needs(database: Database) -> None:
    clock = await rows.publish(database, **CLOCK)
    plain = await rows.publish(database, version="0.9.0")
    async with database.transaction() as tx:
        await releases.set_yanked(tx, plain.id, 0, None)
    assert await offers(database, "Clock") == [
        Offer(clock.id, "Clock", "1.0.0", host=">=1", yanked=False, needed=NEEDED),
        Offer(plain.id, "Clock", "0.9.0", host=None, yanked=True, needed={}),
    ]


async def test_only_the_plugins_that_were_asked_for_are_offered_in_any_case(
    database: Database,
) -> None:
    for slug in ("Clock", "Charts", "Other"):
        await rows.publish(database, slug)
    found = await offers(database, "cLOCK", "CHARTS", "Missing")
    assert [offer.slug for offer in found] == ["Charts", "Clock"]
    assert await offers(database) == []


async def test_more_plugins_than_a_statement_takes_are_offered(database: Database) -> None:
    one: Any = database._reader
    await one._execute(one._conn.setlimit, sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
    slugs = [f"p{number:04}" for number in range(1500)]
    there = [slugs[number] for number in (0, 499, 500, 999, 1000, 1499)]
    for slug in there:
        await rows.publish(database, slug, dependencies={"Charts": f"{slug[-1]}.x"})
    found = await offers(database, *slugs)
    assert [offer.slug for offer in found] == there
    for offer in found:
        assert offer.needed == {"dependency": {"Charts": f"{offer.slug[-1]}.x"}}


@pytest.mark.parametrize("kind", ["dependencies", "conflicts"])
async def test_requirements_go_with_their_release(database: Database, kind: str) -> None:
    asked: dict[str, Any] = {kind: {"Charts": "*"}}
    clock = await rows.publish(database, **asked)
    async with database.transaction() as tx:
        assert await requirements.of_releases(tx, "1 = 1", ()) != {}
        await releases.remove(tx, clock.id)
        assert await requirements.of_releases(tx, "1 = 1", ()) == {}
