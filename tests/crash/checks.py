"""What must hold after a crash, whatever it came into."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

from pluginhub.cli.client import RefusedError, address
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web.capabilities import SEGMENT, Capabilities, load_key
from tests.bundles import ENTRY
from tests.crash import judge
from tests.crash.judge import State
from tests.crash.scenarios import Scenario
from tests.crash.world import World, started

_INSTALLED = """
    SELECT installations.id, user_id, installations.slug, version, digest, enabled
    FROM installations JOIN releases ON releases.id = release_id
"""


async def after_a_crash(
    root: Path, scenario: Scenario, states: list[State], acknowledged: int
) -> AsyncIterator[str]:
    """Start the server on what a crash left, and yield what is not as it must be.

    Args:
        root: Where the crash was.
        scenario: What it came into.
        states: What lasts of it if nothing disturbs.
        acknowledged: How many steps the client knew to be done.
    """
    possible = states[acknowledged : acknowledged + 2]
    async with started(root) as world:
        await world.ended_jobs()
        found = judge.state(world.data)
        for complaint in (*judge.faults(world.data), *half_done(found, possible, scenario)):
            yield complaint
        async for complaint in served(world, found):
            yield complaint
        async for complaint in _verified(world, found):
            yield complaint
        is_done = _lasting(found) == _lasting(possible[-1])
        async for complaint in _retried(world, scenario, acknowledged, is_done=is_done):
            yield f"a retry {complaint}"
        found, expected = _unaudited(judge.state(world.data)), _unaudited(states[-1])
        compared = _lasting(found) if scenario.untidy else found
        if compared != expected:
            yield f"a retry does not lead where it should: {_difference(compared, expected)}"
        for complaint in judge.faults(world.data):
            yield f"after a retry: {complaint}"
        async for complaint in served(world, found):
            yield f"after a retry: {complaint}"


def half_done(found: State, possible: list[State], scenario: Scenario) -> Iterator[str]:
    """Yield how a state is none of those that may be."""
    found, possible = _lasting(found), [_lasting(state) for state in possible]
    mixed = scenario.piecemeal and all(
        min(state[line] for state in possible) <= n <= max(state[line] for state in possible)
        for line in set().union(found, *possible)
        for n in [found[line]]
    )
    if found not in possible and not mixed:
        yield f"what lasts is neither old nor new: {_difference(found, possible[-1])}"


async def served(world: World, found: State) -> AsyncIterator[str]:
    """Yield how reading does not work: every installation's entry file, and no stray's."""
    assert world.client is not None
    await world.ask("GET", "/api/plugins")
    capabilities = Capabilities(load_key(DataDirectory.at(world.data)))
    with closing(sqlite3.connect(world.data / "pluginhub.db")) as connection:
        installed = connection.execute(_INSTALLED).fetchall()
    for installation, user, slug, version, digest, enabled in installed:
        file = world.data / f"shared/{slug}/v{version}/{ENTRY}"
        content = f"var {slug} = '{version}';".encode()
        there = enabled and file.is_file() and file.read_bytes() == content
        capability = capabilities.issue(installation, digest)
        path = f"/api/v1/public/plugins/{user}_{slug}/{SEGMENT}/{capability}/{ENTRY}"
        async with world.client._session.get(f"{world.client._url}{path}") as answer:
            if (answer.status == 200 and await answer.read() == content) != there:
                yield f"{ENTRY} of {slug} {version} is answered {answer.status}"
    for line in found:
        if line.startswith("stray: "):
            slug, _, version = line.removeprefix("stray: ").partition("/v")
            try:
                await world.ask("GET", address("plugins", slug, "releases", version))
            except RefusedError as error:
                if error.status in {404, 410}:
                    continue
            yield f"{line} is served"


async def _verified(world: World, found: State) -> AsyncIterator[str]:
    """Yield how ``verify`` does not tell what the judge has found."""
    strays = {line.removeprefix("stray: ") for line in found if line.startswith("stray: ")}
    damaged = {line.split(": ")[1] for line in found if _is_damaged(line)}
    if not strays | damaged:  # nearly always, and it would take a third of the time
        return
    faults = (await world.ask("POST", "/api/plugins/system/verify"))["faults"]
    told = {"/".join(fault["place"].split("/")[1:3]) for fault in faults}
    if told != strays | damaged:
        yield f"verify tells of {sorted(told)}, not of {sorted(strays | damaged)}"


async def _retried(
    world: World, scenario: Scenario, acknowledged: int, *, is_done: bool
) -> AsyncIterator[str]:
    """Take the steps again that the client does not know to be done."""
    steps = scenario.steps[acknowledged:]
    if scenario.once and is_done:
        steps = steps[1:]
    for number, step in enumerate(steps):
        try:
            await step(world)
        except RefusedError as error:
            is_told_so = is_done and number == 0 and error.status in range(400, 500)
            if not is_told_so:
                yield f"is answered {error.status} {error.code}: {error}"


def _is_damaged(line: str) -> bool:
    return line.startswith("files: ") and not line.endswith(": whole")


def _lasting(state: State) -> State:
    """Return a state without strays: a crash may leave them."""
    return _without(state, "stray: ")


def _unaudited(state: State) -> State:
    """Return a state without the audit: it tells of retries as well."""
    return _without(state, "audit: ")


def _without(state: State, start: str) -> State:
    return State({line: n for line, n in state.items() if not line.startswith(start)})


def _difference(found: State, expected: State) -> str:
    more, fewer = (sorted(lines.elements()) for lines in (found - expected, expected - found))
    return "".join(f"\n  {line:.200}" for line in [*more, "instead of", *fewer])
