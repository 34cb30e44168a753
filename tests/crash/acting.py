"""Takes the steps of a scenario: undisturbed, until a crash comes, and while a disk fails."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from pluginhub.cli.client import RefusedError
from pluginhub.errors import HubError
from tests.crash import checks, judge
from tests.crash.judge import State
from tests.crash.points import Mode, Trap
from tests.crash.scenarios import Scenario
from tests.crash.world import World, started

_NO_SPACE = (507, 503)
_PATIENCE = 0.25  # seconds to wait for a job that cannot end


async def reference(root: Path, scenario: Scenario) -> list[State]:
    """Return what lasts of a scenario that nothing disturbs: before the steps, after each."""
    async with started(root) as world:
        await world.ended_jobs()
        states = [judge.state(world.data)]
        for step in scenario.steps:
            await step(world)
            await world.ended_jobs()
            states.append(judge.state(world.data))
        return states


async def until_a_crash(
    root: Path, scenario: Scenario, trap: Trap, acknowledge: Callable[[int], None]
) -> None:
    """Take the steps, and say which are acknowledged, as long as this process lives."""
    whole = scenario.whole or trap.mode == Mode.RECORD  # a record has to know of every file
    if whole:
        trap.set()
    async with started(root) as world:
        if not whole:
            trap.set()
        for number, step in enumerate(scenario.steps, start=1):
            await step(world)
            acknowledge(number)
        await world.ask("GET", "/api/plugins")  # what still goes on is interrupted as well
        if not whole:
            trap.release()


async def while_failing(
    root: Path, scenario: Scenario, states: list[State], trap: Trap
) -> AsyncIterator[str]:
    """Take the steps while a change fails, and yield what a client may not see.

    A step may be refused with a reason; then nothing of it is done, reading goes on, and in the
    same process it succeeds as soon as nothing fails any more.

    Args:
        root: Where.
        scenario: What steps.
        states: What lasts of it if nothing disturbs.
        trap: What fails.
    """
    async with AsyncExitStack() as stack:
        world = await _started(root, scenario, trap, stack)
        for number, step in enumerate(scenario.steps):
            world.patience = _PATIENCE
            try:
                await step(world)
            except (HubError, TimeoutError) as error:
                async for complaint in _refused(world, error, trap):
                    yield f"step {number + 1} {complaint}"
                trap.release()
                if world.client is None:
                    await world.start()
                # What waits for a job may find it done, or as it was before the job.
                possible = states[: number + (2 if scenario.piecemeal or scenario.later else 1)]
                for complaint in checks.half_done(judge.state(world.data), possible, scenario):
                    yield f"step {number + 1} is refused, and {complaint}"
                world.patience = World.patience
                await step(world)
        if not scenario.whole:
            trap.release()


async def _started(root: Path, scenario: Scenario, trap: Trap, stack: AsyncExitStack) -> World:
    if scenario.whole:
        trap.set()
        try:
            return await stack.enter_async_context(started(root))
        except HubError:  # a start may be refused, but with a reason
            trap.release()
    world = await stack.enter_async_context(started(root))
    if not scenario.whole:
        trap.set()
    return world


async def _refused(world: World, error: HubError | TimeoutError, trap: Trap) -> AsyncIterator[str]:
    statuses = range(500, 600) if trap.mode == Mode.IO_ERROR else _NO_SPACE
    if isinstance(error, RefusedError) and error.status not in statuses:
        yield f"is answered {error.status} {error.code}: {error}"
    if world.client:
        async for complaint in checks.served(world, judge.state(world.data)):
            yield f"keeps others from reading: {complaint}"
