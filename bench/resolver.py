"""Times the resolver, next to plain resolvelib where that answers the same question.

    python bench/resolver.py [--rounds 7]
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

from pluginhub.errors import HubError
from pluginhub.lifecycle import ranges, versions
from pluginhub.lifecycle.resolver import Candidate, Installed, Wish, resolve

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


def grown(plugins: int, releases: int, seed: int = 7) -> Index:
    """Return an index in which every release needs 3 to 5 plugins of a lower number."""
    rng = random.Random(seed)  # noqa: S311 the same index every time
    numbers = [f"{1 + number // 5}.{number % 5}.0" for number in range(releases)]
    index: Index = {}
    for plugin in range(plugins):
        needed = rng.sample(range(plugin), min(plugin, rng.randint(3, 5)))
        index[f"p{plugin}"] = [
            Candidate(
                f"P{plugin}",
                version,
                {f"P{each}": f"^{max(1, int(version[0]) - rng.randint(0, 1))}" for each in needed},
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
        found = resolve(index, installed, [Wish(wish)], host_version=None)
        return f"{len(found.releases)} plugins"

    return run


def theirs(index: Index, wish: str) -> Callable[[], str]:
    """Return what resolves a wish with resolvelib alone."""

    def run() -> str:
        resolver = resolvelib.Resolver(Provider(index), resolvelib.BaseReporter())
        return f"{len(resolver.resolve([Need(wish, '*')], max_rounds=100_000).mapping)} plugins"

    return run


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    small, large = grown(100, 20), grown(1000, 20)
    middle = {slug: Installed(large[slug][7], None) for slug in list(large)[:200]}
    # pigeonholes have conflicts, which plain resolvelib does not know
    cases = [
        ("100 x 20", "P99", "nothing", ours(small, "P99", {})),
        ("100 x 20", "P99", "resolvelib", theirs(small, "P99")),
        ("1000 x 20", "P999", "nothing", ours(large, "P999", {})),
        ("1000 x 20", "P999", "resolvelib", theirs(large, "P999")),
        ("1000 x 20", "P999", "200 plugins", ours(large, "P999", middle)),
        ("8 in 7 holes", "Loft", "nothing", ours(pigeonholes(8, 7), "Loft", {})),
        ("20 in 19 holes", "Loft", "nothing", ours(pigeonholes(20, 19), "Loft", {})),
    ]
    print(f"{'index':16}{'wish':8}{'installed':14}{'cold':>9}{'min':>9}{'median':>9}{'max':>9}  end")
    for index, wish, installed, run in cases:
        ranges.parse.cache_clear()
        (cold, *warm), end = timed(run, rounds + 1 if "holes" not in index else 2)
        figures = (cold, min(warm), statistics.median(warm), max(warm))
        shown = "".join(f"{figure:9.1f}" for figure in figures)
        print(f"{index:16}{wish:8}{installed:14}{shown}  {end}")


if __name__ == "__main__":
    main()
