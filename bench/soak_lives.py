"""The servers of the soak, one after the other on one data directory, and what each leaves."""

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.hub import SOURCES, Hub, running
from bench.soak_notes import SLUGS, Json, Shelf, Tally, bundle_of
from bench.soak_publishers import Publisher
from bench.soak_users import User

USERS, PUBLISHERS = 6, 2
PATIENCE = 5  # seconds that processes of hooks may outlive the server
SETTINGS = {
    "CLEANUP_INTERVAL": "1000000",  # the clients sweep
    "CLEANUP_VERSION_RETENTION_DAYS": "0",
    "CLEANUP_TEMP_RETENTION_HOURS": "0",
    "FILES_GRACE": "1",
    "LIFECYCLE_MANAGER_TIMEOUT": "10",
    "AUTH_ACCESS_LIFETIME": "1000000",
    "BACKUP_KEEP": "3",
}


@dataclass(frozen=True)
class Size:
    """What the process of a server takes; memory in bytes."""

    memory: int
    files: int
    threads: int


@dataclass
class Lives:
    """What became of the servers.

    Attributes:
        folder: Has the data directory and the backups.
        chance: Says what clients do.
        ends: How many servers ended by which signal.
        starts: Seconds from the start to the first 200, of those that followed a kill.
        faults: What was damaged, or did not end as it should.
        strays: How many directories without a row kills left.
        sizes: Of the last server that worked, one a second.
    """

    folder: Path
    chance: random.Random
    tally: Tally = field(default_factory=Tally)
    shelf: Shelf = field(default_factory=Shelf)
    users: list[User] = field(default_factory=list)
    publishers: list[Publisher] = field(default_factory=list)
    ends: Counter[signal.Signals] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    strays: int = 0
    sizes: list[Size] = field(default_factory=list)

    @property
    def backups(self) -> Path:
        """The directory of backups."""
        return self.folder / "backups"

    @property
    def problems(self) -> list[str]:
        """All that went wrong."""
        return [*self.tally.lost, *self.tally.wrong, *self.faults]

    async def live(self, seconds: float, end: signal.Signals, *, after_kill: bool = False) -> None:
        """Let a server work for so many seconds, end it, and look at what it leaves."""
        begin = time.monotonic()
        settings = {**SETTINGS, "BACKUP_DIRECTORY": str(self.backups)}
        async with running(self.folder, **settings) as hub:
            await hub.send("GET", "/healthz", 200)
            if after_kill:
                self.starts.append(time.monotonic() - begin)
            await self._arrive(hub)
            below = await self._work(hub, seconds, end)
        self.ends[end] += 1
        expected = 0 if end == signal.SIGTERM else -end
        if hub.process.returncode != expected:
            self.faults.append(f"a server ended with {hub.process.returncode}, not {expected}")
        _, left = await asyncio.to_thread(psutil.wait_procs, below, PATIENCE)
        self.faults += [f"a process was left behind: {process}" for process in left]
        self._check_database()
        await self._verify("data", killed=end == signal.SIGKILL)

    async def restore(self) -> None:
        """Restore the last backup into another directory."""
        await self._command("restored", "restore", str(self.backups), "--yes")
        await self._verify("restored", killed=False)

    async def _verify(self, data: str, *, killed: bool) -> None:
        """Hold a data directory against itself; strays are left by kills, and removed by sweeps."""
        found = await self._command(data, "verify")
        for fault in found.get("faults", []):
            if killed and fault["code"] == "stray":
                self.strays += 1
            else:
                self.faults.append(f"{data}: {fault}")

    async def _arrive(self, hub: Hub) -> None:
        """Look for what was acknowledged, or make what there has to be for everything else."""
        for user in self.users:
            user.hub = hub
        for publisher in self.publishers:
            publisher.hub = hub
        if self.users:
            await self.shelf.look(hub, self.tally)
            for user in self.users:
                await user.look()
            return
        for slug in SLUGS:
            await hub.publish(bundle_of(*self.shelf.new(slug)))
        await self.shelf.look(hub, self.tally)
        for number in range(USERS):
            name = f"user{number}"
            token = await hub.user(name)
            self.users.append(User(self._chance(), self.shelf, self.tally, hub, name, token))
        self.publishers += [
            Publisher(self._chance(), self.shelf, self.tally, hub) for _ in range(PUBLISHERS)
        ]

    def _chance(self) -> random.Random:
        return random.Random(self.chance.random())

    async def _work(self, hub: Hub, seconds: float, end: signal.Signals) -> list[psutil.Process]:
        """Let everybody work, end the server, and return the processes that were below it."""
        self.tally.stopping = False
        tasks, server = [], psutil.Process(hub.pid)
        if seconds:
            self.sizes.clear()
            works = [user.run() for user in self.users]
            works += [publisher.run() for publisher in self.publishers]
            tasks = [asyncio.create_task(work) for work in works]
        last = time.monotonic() + seconds
        while (left := last - time.monotonic()) > 0:
            await asyncio.sleep(min(1, left))
            self.sizes.append(
                Size(server.memory_info().rss, server.num_fds(), server.num_threads())
            )
        below = server.children(recursive=True)
        self.tally.stopping = True
        hub.process.send_signal(end)
        await asyncio.gather(*tasks)
        await hub.process.wait()
        return below

    def _check_database(self) -> None:
        """Let SQLite check a copy, so that it is pluginhub that mends what a kill cut off."""
        with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
            for name in ("pluginhub.db", "pluginhub.db-wal"):
                if (self.folder / "data" / name).exists():
                    shutil.copy(self.folder / "data" / name, folder)
            with closing(sqlite3.connect(Path(folder, "pluginhub.db"))) as connection:
                for check, fine in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
                    if (found := connection.execute(f"PRAGMA {check}").fetchall()) != fine:
                        self.faults.append(f"{check}: {found}")

    async def _command(self, data: str, *arguments: str) -> Json:
        """Run a command on a data directory, and return what it prints."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pluginhub", "--json", "--data-dir", data, *arguments),
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": SOURCES},
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
        if not output:
            self.faults.append(f"pluginhub {arguments[0]} ended with {process.returncode}")
            return {}
        found: Json = json.loads(output)
        return found
