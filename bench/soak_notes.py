"""What the clients of the soak were told, and whether the server knows of it afterwards."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.bundles import ENTRY, bundle
from bench.hub import Hub

Json = dict[str, Any]
Work = Callable[[], Coroutine[None, None, None]]
Name = tuple[str, str]  # slug and version of a release

PAUSE = 0.2  # seconds at most between two operations of a client
SLUGS = ("Atlas", "Board", "Charts", "Clock", "Notes")
HOOKED = {"Board", "Clock"}
HOOKS = b"""
from pluginhub.hooks import LifecycleHooks

class Hooks(LifecycleHooks):
    def on_install(self, context):
        context.config["at"] = context.version

    def on_update(self, context, from_version):
        context.config["at"] = context.version
"""
CHUNKS = {"Atlas": 40}  # files of 50 kB beside the entry file, else one


def entry_of(slug: str, version: str) -> bytes:
    """Return the entry file of a release."""
    return f"var {slug} = '{version}';\n".encode() * 100


def bundle_of(slug: str, version: str) -> bytes:
    """Return a bundle, always the same one for the same release."""
    entry = entry_of(slug, version)
    chunks = range(CHUNKS.get(slug, 1))
    files = {f"dist/{number}.js": (entry + b"%d" % number) * 20 for number in chunks}
    hooks: Json = {"hooks": "hooks.py"} if slug in HOOKED else {}
    return bundle(slug, {ENTRY: entry, "hooks.py": HOOKS, **files}, version, **hooks)


async def work(chance: random.Random, mix: Mapping[Work, int]) -> None:
    """Do one thing after the other, chosen by chance, until the server does not answer any more.

    Args:
        chance: Chooses.
        mix: What there is to do, and how often.
    """
    works, weights = list(mix), list(mix.values())
    try:
        while True:
            await chance.choices(works, weights)[0]()
            await asyncio.sleep(chance.uniform(0, PAUSE))
    except CutError:
        return


class CutError(Exception):
    """The server did not answer."""


@dataclass(frozen=True)
class Have:
    """A plugin that a user has; ``previous`` is where a rollback would lead."""

    version: str
    enabled: bool
    config: Mapping[str, Any]
    previous: str | None = field(default=None, compare=False)


@dataclass(frozen=True)
class State:
    """What a plugin stored for a user."""

    value: int
    id: str = field(default="", compare=False)


@dataclass(frozen=True)
class World:
    """What a user has, and what plugins stored for them, both by slug."""

    plugins: Mapping[str, Have] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)


@dataclass
class Tally:
    """How everything ended.

    Attributes:
        ended: By kind of operation and ``done``, ``refused`` or ``cut``.
        refusals: By their code.
        lost: What was acknowledged and is not there.
        wrong: What should not have been answered, or not in this way.
        stopping: The server is being stopped, so that it does not answer is right.
    """

    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stopping: bool = False

    async def ask(
        self, session: aiohttp.ClientSession, kind: str, method: str, path: str, **more: Any
    ) -> Json | None:
        """Ask the server for something, and count how it ends.

        Returns:
            The answer; None for a refusal.

        Raises:
            CutError: There was none, so nobody knows what became of it.
        """
        status, content = await self.send(session, kind, method, path, **more)
        answer: Json = json.loads(content)
        if status < 400:
            return answer
        self.refusals[f"{status} {answer.get('code') or answer.get('detail')}"] += 1
        return None

    async def send(
        self, session: aiohttp.ClientSession, kind: str, method: str, path: str, **more: Any
    ) -> tuple[int, bytes]:
        """Return status and body of an answer as ``ask`` does."""
        try:
            async with session.request(method, path, **more) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.ended[kind, "cut"] += 1
            if not self.stopping:
                self.wrong.append(f"{method} {path}: a server that runs cut it off: {error!r}")
            raise CutError(path) from error
        self.ended[kind, "done" if answer.status < 400 else "refused"] += 1
        if answer.status == 500:
            self.wrong.append(f"{method} {path}: {content.decode()}")
        return answer.status, content


@dataclass
class Shelf:
    """The releases that are published, as far as clients know.

    Attributes:
        digests: Of all that were ever acknowledged.
        perhaps: Those that a sweep removed, or may have removed.
        sweeping: How many sweeps go on.
        swept: How many ended.
        jobs: Releases that jobs promised, by the id of the job.
        numbers: How many releases were thought of, by slug.
    """

    digests: dict[Name, str] = field(default_factory=dict)
    perhaps: set[Name] = field(default_factory=set)
    sweeping: int = 0
    swept: int = 0
    jobs: dict[str, Name] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)

    def new(self, slug: str) -> Name:
        """Return a release that nobody published yet."""
        self.numbers[slug] += 1
        return slug, f"1.{self.numbers[slug]}.0"

    def put(self, name: Name, digest: str, swept: int, tally: Tally) -> None:
        """Note that a release is published.

        Args:
            name: Of the release.
            digest: That was answered.
            swept: How many sweeps had ended before it was asked for.
            tally: Is told if these are other bytes.
        """
        if self.digests.setdefault(name, digest) != digest:
            tally.wrong.append(f"{name} has another digest than before")
        if self.sweeping or self.swept != swept:
            self.perhaps.add(name)  # a sweep may have removed it before the answer came
        else:
            self.perhaps.discard(name)

    @contextmanager
    def sweep(self) -> Iterator[set[Name]]:
        """Note what a sweep removes: what the block says, or anything if it is cut off."""
        gone: set[Name] = set()
        self.sweeping += 1
        try:
            yield gone
        except CutError:
            gone.update(self.digests)
            raise
        finally:
            self.sweeping -= 1
            self.swept += 1
            self.perhaps |= gone

    def versions(self, slug: str) -> list[str]:
        """Return what can be installed, in the order of publication."""
        there = (name for name in self.digests if name not in self.perhaps)
        return [version for found, version in there if found == slug]

    async def look(self, hub: Hub, tally: Tally) -> None:
        """Look for everything after a restart."""
        for job, name in self.jobs.items():
            done = await hub.ended(await hub.send("GET", f"/api/plugins/jobs/{job}", 200))
            if done["state"] == "done":
                self.put(name, done["result"]["digest"], self.swept, tally)
            else:
                tally.lost.append(f"{name}, promised by a job: {done}")
        self.jobs.clear()
        there: dict[Name, str] = {}
        for slug in SLUGS:
            found = await hub.send("GET", f"/api/plugins/{slug}/releases")
            there |= {(slug, it["version"]): it["digest"] for it in found.get("releases", [])}
        for name, digest in self.digests.items():
            if there.get(name, digest if name in self.perhaps else "") != digest:
                tally.lost.append(f"{name}: {there.get(name, 'not there')}")
        self.digests |= there  # with those whose publication was cut off
        self.perhaps = self.digests.keys() - there.keys()
