"""What hostile hooks do to everybody else: ``python bench/abuses.py [--seconds N]``.

Runs the server as a process of its own, and loads files of a plugin at a steady rate: in turn with
the server idle, and while several users install a plugin whose hook does something bad. Prints how
each of these ended, how the time of file requests changed, and whether a process was left behind.
Exits with 1 if one was, or if the server or another user was harmed.
"""

import argparse
import asyncio
import hashlib
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.bundles import ENTRY, bundle
from bench.hub import Hub, running

LOADER = Path(__file__).with_name("load.py")
BAD_USERS = ("bad1", "bad2", "bad3")
LOOK = 0.5  # seconds between two looks at the processes, which delay what they measure
MOST = 3.0  # how many times longer the slowest hundredth may take
CONTENT = b"var Bad;" * 1000

# What on_install does.
ABUSES = {
    "raises": "raise RuntimeError('no')",
    "hangs": "import time; time.sleep(3600)",
    "busy loop": "while True: pass",
    "sys.exit": "import sys; sys.exit(3)",
    "os._exit": "import os; os._exit(3)",
    "SIGSEGV": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "swallows cancellation": """
        import asyncio
        while True:
            try:
                await asyncio.sleep(3600)
            except BaseException:
                pass""",
    "leaks memory": """
        kept = []
        while True:
            kept.append(bytearray(1 << 20))""",
    "forks children": """
        import os, time
        for _ in range(20):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(3600)
                os._exit(0)
        time.sleep(3600)""",
    "imports a clash": """
        import json
        import helper
        assert helper.NAME == context.slug
        json.loads = json.dumps = None""",
    "writes outside": "(context.files / 'dist/remoteEntry.js').write_text('bad')",
    "returns garbage": "context.config.update(self=context.config, long='x' * (1 << 28))",
}


@dataclass
class Server:
    """The server, and what it serves."""

    hub: Hub
    address: str  # of a file, with its capability
    seen: set[psutil.Process] = field(default_factory=set)  # below the server, at any time


@dataclass(frozen=True)
class Found:
    """What was seen of one abuse.

    Attributes:
        name: Of the abuse.
        codes: How installs ended.
        before: Milliseconds that file requests took just before it.
        taken: The same meanwhile.
        left: Processes that should not be there afterwards.
    """

    name: str
    codes: str
    before: list[float]
    taken: list[float]
    left: int

    def is_harmless(self, base: float) -> bool:
        """Return whether others were served, in at most ``MOST`` times the idle time."""
        return slowest(self.taken) <= MOST * base and not self.left

    def row(self, base: float) -> tuple[str, ...]:
        """Return the line of the table."""
        p99 = slowest(self.taken)
        harmless = "yes" if self.is_harmless(base) else "NO"
        return self.name, self.codes, f"{p99:.1f}", f"{p99 / base:.1f}", harmless


def bundle_of(abuse: str, body: str) -> bytes:
    """Return a plugin whose install hook has a body."""
    slug = slug_of(abuse)
    hooks = (
        "from pluginhub.hooks import LifecycleHooks\n\n\n"
        "class Hooks(LifecycleHooks):\n"
        f"    async def on_install(self, context):\n        {body.strip()}\n"
    )
    files = {
        ENTRY: CONTENT,
        "hooks.py": hooks.encode(),
        "helper.py": f"NAME = {slug!r}".encode(),
    }
    return bundle(slug, files, hooks="hooks.py")


def slug_of(abuse: str) -> str:
    """Return the slug of the plugin that does something bad."""
    return "Bad-" + abuse.replace(" ", "-").replace(".", "-")


async def fill(hub: Hub) -> Server:
    """Publish all plugins, and make two kinds of users."""
    await hub.publish(bundle("Good", {ENTRY: CONTENT}))
    for abuse, body in ABUSES.items():
        await hub.publish(bundle_of(abuse, body))
    for name in BAD_USERS:
        await hub.user(name)
    return Server(hub, await hub.entry("Good", await hub.user("good", "Good")))


async def load_files(server: Server, seconds: float) -> list[float]:
    """Load a file at a steady rate and return how long each request took, milliseconds.

    Raises:
        RuntimeError: Another user did not get what they should.
    """
    digest = hashlib.sha256(CONTENT).hexdigest()
    url = server.hub.url + server.address
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(LOADER), url, digest, str(seconds)), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the file of another user is harmed")
    taken: list[float] = json.loads(output)
    return taken


async def abuse(server: Server, name: str, seconds: float) -> tuple[str, list[float]]:
    """Let a hook do something bad for several users again and again, and load files meanwhile."""
    end = time.monotonic() + seconds
    codes: set[str] = set()

    async def install(user: str) -> None:
        while time.monotonic() < end:
            path = f"/api/plugins/{slug_of(name)}/install?user={user}"
            answer = await server.hub.send("POST", path, json={})
            codes.add(str(answer.get("code", "installed")))
            await asyncio.sleep(0.02)

    async def look() -> None:
        while time.monotonic() < end:
            await asyncio.sleep(LOOK)
            processes(server)

    loading = asyncio.create_task(load_files(server, seconds))
    await asyncio.gather(look(), *(install(user) for user in BAD_USERS))
    return ", ".join(sorted(codes)), await loading


def slowest(taken: list[float]) -> float:
    """Return the time that all but a hundredth keep, milliseconds."""
    return statistics.quantiles(taken, n=100)[98]


def processes(server: Server) -> int:
    """Return how many processes there are below the server, however they are nested."""
    found = psutil.Process(server.hub.pid).children(recursive=True)
    server.seen.update(found)
    return len(found)


async def measure(seconds: float, table: Table) -> bool:
    """Fill the table, and return whether nobody was harmed."""
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        async with running(Path(folder), LIFECYCLE_HOOK_TIMEOUT="3") as hub:
            server = await fill(hub)
            await load_files(server, 1)  # warm
            for name in ABUSES:
                before = await load_files(server, seconds)
                codes, taken = await abuse(server, name, seconds)
                others = processes(server) - len(ABUSES) - 1  # a worker a release, the fork server
                found.append(Found(name, codes, before, taken, max(others, 0)))
    base = slowest([time for each in found for time in each.before])
    table.add_row("(idle)", "", f"{base:.1f}", "", "")
    for each in found:
        table.add_row(*each.row(base))
    left = [process for process in server.seen if process.is_running()]
    table.caption = f"{len(left)} processes left after the server ended"
    return all(each.is_harmless(base) for each in found) and not left


def main() -> None:
    """Measure, print, and say by the exit code whether nobody was harmed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="for each abuse")
    table = Table(title="Files of other users while a hook does something bad")
    for column in ("the hook", "ended with", "p99 of files, ms", "times idle", "harmless"):
        table.add_column(column)
    fine = asyncio.run(measure(parser.parse_args().seconds, table))
    Console().print(table)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
