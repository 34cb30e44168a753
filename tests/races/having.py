"""What is done to one plugin of one user, and to the user, at the same time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

from pluginhub.accounts import users
from pluginhub.errors import AlreadyInstalledError, ConflictError, NotFoundError
from pluginhub.lifecycle.yank import yank
from tests.conftest import OPERATOR
from tests.races.world import World, done


@dataclass(frozen=True)
class Has:
    """What a user has of the plugin Clock."""

    version: str
    before: str | None = None
    enabled: bool = True


Step = Callable[[Has | None], Has | None]  # raises what the verb raises


def _install(has: Has | None) -> Has:
    if has:
        raise AlreadyInstalledError("")
    return Has("2.0.0")


def _update(has: Has | None) -> Has:
    if has is None:
        raise NotFoundError("")
    return has if has.version == "2.0.0" else replace(has, version="2.0.0", before="1.0.0")


def _roll_back(has: Has | None) -> Has:
    if has is None:
        raise NotFoundError("")
    if has.before is None:
        raise ConflictError("")
    return replace(has, version=has.before, before=has.version)


def _disable(has: Has | None) -> Has:
    if has is None:
        raise NotFoundError("")
    return replace(has, enabled=False)


def _uninstall(has: Has | None) -> None:
    if has is None:
        raise NotFoundError("")


_STEPS: dict[str, Step] = {
    "install": _install,
    "update": _update,
    "roll back": _roll_back,
    "disable": _disable,
    "uninstall": _uninstall,
}


def _in_order(order: tuple[str, ...]) -> tuple[dict[str, type[Any]], Has | None]:
    """Return what verbs answer, and what the user has then, if one comes after the other."""
    has: Has | None = Has("1.0.0")
    answers: dict[str, type[Any]] = {}
    for verb in order:
        answers[verb] = bool
        try:
            has = _STEPS[verb](has)
        except Exception as error:  # noqa: BLE001 - it is the answer
            answers[verb] = type(error)
    return answers, has


async def verbs_on_one_installation(world: World) -> None:
    """All verbs act on one installation: they answer as if they came one after the other."""
    shelf, ann = world.shelf, await world.actor("ann")
    await shelf.install(ann, "Clock", "1.0.0")
    works = {
        "install": shelf.install(ann, "Clock", "2.0.0"),
        "update": shelf.update(ann),
        "roll back": shelf.roll_back(ann),
        "disable": shelf.disable(ann, "Clock"),
        "uninstall": shelf.uninstall(ann, "Clock"),
    }
    came = await world.race(*works.values())
    answers = {
        verb: type(answer) if not done(answer, ConflictError, NotFoundError) else bool
        for verb, answer in zip(works, came, strict=True)
    }
    found = [Has(version, None, bool(on)) for _, _, version, on in await shelf.installed()]
    seen = answers, found[0] if found else None
    possible = [_in_order(order) for order in permutations(works)]
    expected = [(told, has and replace(has, before=None)) for told, has in possible]
    assert seen in expected, f"in no order: {seen}"  # in full, as pytest shortens it


async def yank_and_install(world: World) -> None:
    """A release is withdrawn: whoever got it got it before."""
    shelf = world.shelf
    people = [await world.actor(name) for name in ("ann", "ben", "cleo")]
    yanked, *got = await world.race(
        yank(shelf.database, "Clock", "1.0.0", actor=OPERATOR),
        *(shelf.install(person, "Clock", "1.0.0") for person in people),
    )
    assert done(yanked)
    has = [
        (person.name, "Clock", "1.0.0", 1)
        for person, answer in zip(people, got, strict=True)
        if done(answer, ConflictError)
    ]
    assert await shelf.installed() == has
    installs = [("install", "Clock@1.0.0")] * len(has)
    assert await world.history() == [*installs, ("yank", "Clock@1.0.0")]


async def remove_a_user_who_installs(world: World) -> None:
    """A user is removed who is getting plugins: nothing of them is left."""
    shelf, ann = world.shelf, await world.actor("ann")
    works = [users.remove(shelf.database, "ann", actor=OPERATOR), shelf.install(ann, "Clock")]
    removed, installed = await world.race(*works)
    assert done(removed)
    done(installed, NotFoundError)
    assert await shelf.state() == [[], [], [], [], []]
