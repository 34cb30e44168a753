"""How long wishes take to resolve: ``python bench/resolver.py [--rounds N]``.

Next to plain resolvelib where that answers the same question. "First" is with empty caches.
"""

import argparse
import gc
import random
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import resolvelib
from rich.console import Console
from rich.table import Table

from pluginhub import versions
from pluginhub.errors import HubError
from pluginhub.lifecycle import ranges
from pluginhub.lifecycle.resolver import Candidate, Installed, Wish, resolve

_ROUNDS = 2000
Index = dict[str, list[Candidate]]


@dataclass(frozen=True)
class Need:
    """What resolvelib calls a requirement."""

    slug: str
    range: str


class Provider(resolvelib.AbstractProvider[Need, Candidate, str]):
    """The shortest provider that resolves an installation where nothing is installed yet."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._sorted: dict[str, list[Candidate]] = {}

    def identify(self, requirement_or_candidate: Need | Candidate) -> str:
        """Return the plugin."""
        return requirement_or_candidate.slug.lower()

    def get_preference(self, identifier: str, *_: object, **__: object) -> str:
        """Return what to sort by."""
        return identifier

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> list[Candidate]:
        """Return the fitting releases, highest first."""
        if identifier not in self._sorted:
            self._sorted[identifier] = sorted(
                self._index.get(identifier, []),
                key=lambda candidate: versions.key(candidate.version),
                reverse=True,
            )
        wanted = [ranges.parse(need.range) for need in requirements[identifier]]
        out = {candidate.version for candidate in incompatibilities[identifier]}
        return [
            candidate
            for candidate in self._sorted[identifier]
            if candidate.version not in out
            and all(each.allows(candidate.version) for each in wanted)
        ]

    def is_satisfied_by(self, requirement: Need, candidate: Candidate) -> bool:
        """Return whether a release is in a range."""
        return ranges.parse(requirement.range).allows(candidate.version)

    def get_dependencies(self, candidate: Candidate) -> Iterable[Need]:
        """Return what a release needs."""
        return [Need(slug, range_) for slug, range_ in candidate.dependencies.items()]


def grown(plugins: int, releases: int, behind: float, seed: int = 1) -> Index:
    """Return an index in which every release needs 3 to 5 plugins of a lower number.

    Args:
        plugins: How many.
        releases: Of each.
        behind: The share of dependencies on the major version before the newest.
        seed: For the same index every time.
    """
    rng = random.Random(seed)
    numbers = [f"{1 + number // 5}.{number % 5}.0" for number in range(releases)]
    index: Index = {}
    for plugin in range(plugins):
        needed = rng.sample(range(plugin), min(plugin, rng.randint(3, 5)))
        index[f"p{plugin}"] = [
            Candidate(
                f"P{plugin}",
                version,
                {
                    f"P{each}": f"^{max(1, int(version[0]) - (rng.random() < behind))}"
                    for each in needed
                },
                {},
                None,
            )
            for version in numbers
        ]
    return index


def pigeonholes(pigeons: int, holes: int) -> Index:
    """Return more plugins than releases of each, of which no two may have the same number."""
    names = [f"Pigeon{number}" for number in range(pigeons)]
    index: Index = {
        name.lower(): [
            Candidate(
                name,
                f"{hole}.0.0",
                {},
                {other: f"={hole}.0.0" for other in names if other != name},
                None,
            )
            for hole in range(1, holes + 1)
        ]
        for name in names
    }
    index["loft"] = [Candidate("Loft", "1.0.0", dict.fromkeys(names, "*"), {}, None)]
    return index


def timed(run: Callable[[], Any], rounds: int) -> tuple[list[float], str]:
    """Return milliseconds of every round, and how it ended."""
    found, ended = [], ""
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        try:
            ended = run()
        except HubError as error:
            ended = error.code
        except resolvelib.ResolutionError as error:
            ended = type(error).__name__
        found.append((time.perf_counter() - began) * 1000)
    return found, ended


def ours(index: Index, wish: str, installed: Mapping[str, Installed]) -> Callable[[], str]:
    """Return what resolves a wish with pluginhub."""

    def run() -> str:
        found = resolve(index, installed, [Wish(wish)], host_version=None).releases
        return f"{found[wish.lower()]}, {len(found)} plugins"

    return run


def theirs(index: Index, wish: str) -> Callable[[], str]:
    """Return what resolves a wish with resolvelib alone, which gives up after some rounds."""

    def run() -> str:
        resolver = resolvelib.Resolver(Provider(index), resolvelib.BaseReporter())
        found = resolver.resolve([Need(wish, "*")], max_rounds=_ROUNDS).mapping
        return f"{found[wish.lower()]}, {len(found)} plugins"

    return run


def cases() -> Iterator[tuple[str, str, Callable[[], str]]]:
    """Yield what is measured: the index, with what, and how."""
    for plugins, behind in ((100, 0.0), (100, 0.1), (1000, 0.0), (1000, 0.03)):
        index, wish = grown(plugins, 20, behind), f"P{plugins - 1}"
        name = f"{plugins} x 20, {behind:.0%} behind"
        yield name, "pluginhub", ours(index, wish, {})
        yield name, "resolvelib", theirs(index, wish)
    index = grown(1000, 20, 0.0)
    half = {slug: Installed(index[slug][-1], None) for slug in list(index)[:500]}
    yield "1000 x 20, half installed", "pluginhub", ours(index, "P999", half)
    for holes in (6, 19):
        index = pigeonholes(holes + 1, holes)
        yield f"{holes + 1} pigeons, {holes} holes", "pluginhub", ours(index, "Loft", {})


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    table = Table("index", "with", *(f"{name} ms" for name in ("first", "min", "median", "max")))
    table.add_column("end")
    for index, tool, run in cases():
        ranges.parse.cache_clear()
        versions.key.cache_clear()
        times, end = timed(run, rounds)
        figures = (times[0], min(times), statistics.median(times), max(times))
        table.add_row(index, tool, *(f"{figure:.1f}" for figure in figures), end)
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
