"""What bombs cost a server: ``python bench/bombs.py``.

Sends the bundles of ``tests/storage/archives/bombs.py`` to a server that runs as a process of its
own, each as an upload. Prints how long it took until each was refused, by how much the memory of
the server rose, and how much it wrote besides the upload itself. Exits with 1 if one was taken,
took longer than 2 s or more than 64 MiB, if more was written than a bundle may unpack to and a
piece, or if something was left in staging. Needs the libraries of the tests.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.bundles import ENTRY, bundle
from bench.hub import Hub, running
from pluginhub.storage.archives.entry import CHUNK, Limits
from tests.storage.archives.bombs import BOMBS

MIB = 1024 * 1024
LONGEST = 2.0  # seconds
MOST_MEMORY = 64 * MIB  # bytes beyond what the server has before
RECORDS = MIB  # bytes that the database may write beside


@dataclass(frozen=True)
class Found:
    """What was seen of one bomb.

    Attributes:
        code: With which it was refused.
        seconds: Until then.
        packed: Bytes of the upload.
        memory: Bytes by which the server's memory rose at most.
        written: Bytes that the server wrote, without the upload.
        left: What lies in staging afterwards.
    """

    name: str
    code: str
    seconds: float
    packed: int
    memory: int
    written: int
    left: int

    def is_cheap(self) -> bool:
        """Return whether it was refused at a price that does not matter."""
        limits = Limits()
        budget = min(limits.unpacked, max(limits.ratio_floor, limits.ratio * self.packed))
        return (
            self.code == f"bundle-{BOMBS[self.name][1]}"
            and self.seconds < LONGEST
            and self.memory < MOST_MEMORY
            and self.written <= budget + CHUNK + RECORDS
            and not self.left
        )

    def row(self) -> tuple[str, ...]:
        """Return the line of the table."""
        sizes = (f"{size / 1e6:.1f}" for size in (self.packed, self.memory, self.written))
        verdict = "yes" if self.is_cheap() else "NO"
        return self.name, self.code, f"{self.seconds:.2f}", *sizes, verdict


def memory(pid: int, field: str) -> int:
    """Return ``VmRSS``, or ``VmHWM``, the highest that it was since ``forget_peak``, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def forget_peak(pid: int) -> None:
    """Let the highest memory use of a process be that of now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


async def fire(hub: Hub, data: Path, name: str, content: bytes) -> Found:
    """Send a bundle, and look at what the server does."""
    process = psutil.Process(hub.pid)
    forget_peak(hub.pid)
    before, written = memory(hub.pid, "VmRSS"), process.io_counters().write_chars
    begun = time.perf_counter()
    answer = await hub.send("POST", "/api/plugins", data=content)
    seconds = time.perf_counter() - begun
    return Found(
        name,
        str(answer.get("code", "taken")),
        seconds,
        len(content),
        memory(hub.pid, "VmHWM") - before,
        process.io_counters().write_chars - written - len(content),
        len(list((data / "staging").iterdir())),
    )


async def measure(table: Table) -> bool:
    """Fill the table, and return whether all bombs were cheap."""
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        async with running(Path(folder)) as hub:
            await hub.publish(bundle("Good", {ENTRY: b"var Good;"}))  # warm
            for name, (make, _) in BOMBS.items():
                found.append(await fire(hub, Path(folder) / "data", name, make()))
    for each in found:
        table.add_row(*each.row())
    return all(each.is_cheap() for each in found)


def main() -> None:
    """Measure, print, and say by the exit code whether all bombs were cheap."""
    table = Table(title="Bundles that are small and unpack to very much")
    columns = ("the bundle", "refused with", "s", "sent, MB", "memory, MB", "written, MB", "cheap")
    for column in columns:
        table.add_column(column)
    fine = asyncio.run(measure(table))
    Console().print(table)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
