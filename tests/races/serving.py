"""Files and manifests that are asked for while their plugin is switched."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.races.world import World, done

_WAITS = 17  # of one who switches


@dataclass(frozen=True)
class Switched:
    """A switch that was pressed, and when; it may not have worked if nobody was told so."""

    begin: int
    end: int
    on: bool
    told: bool


@dataclass(frozen=True)
class Seen:
    """What somebody saw, and when they asked."""

    begin: int
    end: int
    on: bool

    def is_true(self, switches: list[Switched]) -> bool:
        """Return whether the plugin may have been so at some time while they asked."""
        possible = {True}  # it is on at first
        for switch in switches:
            if switch.end < self.begin:
                possible = {switch.on} if switch.told else possible | {switch.on}
            elif switch.begin < self.end:
                possible = possible | {switch.on}
        return self.on in possible


async def disable_and_serve(world: World) -> None:
    """Nobody gets a file after they were told that it is off, and everybody after it is on."""
    shelf, hub, ann = world.shelf, world.hub, await world.actor("ann")
    headers = await world.headers(ann)
    await shelf.install(ann, "Clock")
    entry = (await hub.designer(headers))["Clock"]
    own = f"/api/v1/public/plugins/{entry['database_id']}/dist/remoteEntry.js"
    time, switches, seen = itertools.count(), list[Switched](), list[Seen]()

    async def by_capability() -> bool:
        return (await hub.load(entry)).status == 200

    async def by_token() -> bool:
        return (await hub.client.get(own, headers=headers)).status == 200

    async def in_the_manifest() -> bool:
        return "Clock" in await hub.designer(headers)

    async def look(is_on: Callable[[], Awaitable[bool]]) -> None:
        for _ in range(8):
            begin, on = next(time), await is_on()
            seen.append(Seen(begin, next(time), on))

    async def switch() -> None:
        for on in (False, True, False):
            begin, verb = next(time), shelf.enable if on else shelf.disable
            told = await world.sometimes_cancelled(verb(ann, "Clock"), _WAITS)
            switches.append(Switched(begin, next(time), on, told is not None))

    looks = (by_capability, by_token, in_the_manifest)
    answers = await world.race(switch(), *(look(is_on) for is_on in looks))
    assert all(done(answer) for answer in answers)
    assert [it for it in seen if not it.is_true(switches)] == []
    is_on = (await shelf.installation(ann)).enabled
    assert [await is_on_() for is_on_ in looks] == [is_on] * 3
