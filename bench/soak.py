"""A long run with kills: ``python bench/soak.py [--minutes N] [--kill-every S] [--seed N]``.

Runs the server as a process of its own, with which users and publishers work. It is killed again
and again, and now and then stopped in good order; then everything in its data directory is held
against everything else, it is started again, and what was acknowledged is looked for. Afterwards
one server works for a quarter of that time, and the last backup is restored into a directory of its
own. Prints how everything ended. Exits with 1 if anything acknowledged was lost, anything was
damaged, or an answer was wrong.
"""

import argparse
import asyncio
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.soak_lives import Lives, Size
from bench.soak_notes import Tally

STOP_EVERY = 5  # of so many servers, one is stopped in good order
SOON = 5  # seconds; who is killed sooner three times in a row goes into safe mode
MINUTE = 60


async def soak(lives: Lives, seconds: float, kill_every: float) -> None:
    """End servers for so many seconds; let one work on; restore the last backup."""
    last = time.monotonic() + seconds
    number, killed = 0, False
    while time.monotonic() < last:
        number += 1
        end = signal.SIGKILL if number % STOP_EVERY else signal.SIGTERM
        await lives.live(kill_every + lives.chance.random(), end, after_kill=killed)
        killed = end == signal.SIGKILL
        print(f"{number} servers, {len(lives.problems)} problems", file=sys.stderr)
    await lives.live(seconds / 4, signal.SIGTERM, after_kill=killed)
    await lives.live(0, signal.SIGTERM)  # looks for what the last one acknowledged
    await lives.restore()


def table_of(lives: Lives) -> Table:
    """Return what was measured."""
    table = Table(title="Servers that are killed while people work with them")
    table.add_column("what")
    table.add_column("measured")
    for row in _rows(lives):
        table.add_row(*row)
    return table


def _rows(lives: Lives) -> Iterable[tuple[str, str]]:
    tally, data = lives.tally, lives.folder / "data"
    done = sum(number for (_, how), number in tally.ended.items() if how == "done")
    yield "servers killed", str(lives.ends[signal.SIGKILL])
    yield "servers stopped in good order", str(lives.ends[signal.SIGTERM])
    yield "operations done", str(done)
    yield "acknowledged changes lost (must be 0)", str(len(tally.lost))
    yield "wrong answers (must be 0)", str(len(tally.wrong))
    yield "faults found by verify and SQLite (must be 0)", str(len(lives.faults))
    yield "directories without a row, which a kill may leave", str(lives.strays)
    starts = lives.starts or [0.0]
    yield (
        "from a start to the first 200 after a kill",
        f"p50 {statistics.median(starts):.2f} s, at most {max(starts):.2f} s",
    )
    yield from _growth(lives.sizes)
    files = [path.stat().st_size for path in data.rglob("*") if path.is_file()]
    yield "the data directory", f"{sum(files) / 1e6:.1f} MB in {len(files)} files"


def _growth(sizes: list[Size]) -> Iterable[tuple[str, str]]:
    """Hold the last minute of a server against its first."""
    span = min(MINUTE, len(sizes) // 2)
    first, last = sizes[:span], sizes[-span:]

    def means(name: str) -> tuple[float, float]:
        of_first, of_last = ([getattr(size, name) for size in part] for part in (first, last))
        return statistics.mean(of_first), statistics.mean(of_last)

    before, after = means("memory")
    what = f"of a server that worked for {len(sizes)} s, first to last {span} s"
    yield f"memory {what}", f"{before / 1e6:.1f} to {after / 1e6:.1f} MB"
    for name in ("files", "threads"):
        before, after = means(name)
        yield f"open {name}" if name == "files" else name, f"{before:.1f} to {after:.1f}"


def operations_of(tally: Tally) -> Table:
    """Return how operations ended, by their kind."""
    table = Table(title="Operations")
    for column in ("kind", "done", "refused", "cut off"):
        table.add_column(column)
    for kind in sorted({kind for kind, _ in tally.ended}):
        ends = (str(tally.ended[kind, how]) for how in ("done", "refused", "cut"))
        table.add_row(kind, *ends)
    refusals = "; ".join(f"{number} x {code}" for code, number in tally.refusals.most_common())
    table.caption = f"Refused with {refusals or 'nothing'}"
    return table


def main() -> None:
    """Measure, print, and say by the exit code whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="for which servers are killed")
    parser.add_argument("--kill-every", type=float, default=30, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=1, help="of what clients do")
    given = parser.parse_args()
    if given.kill_every <= SOON:
        parser.error(f"a server that does not live for {SOON} seconds is told to try less")
    with tempfile.TemporaryDirectory(prefix="pluginhub-bench-") as folder:
        lives = Lives(Path(folder), random.Random(given.seed))
        asyncio.run(soak(lives, given.minutes * MINUTE, given.kill_every))
        tables = operations_of(lives.tally), table_of(lives)
    Console().print(*tables, *lives.problems, sep="\n")
    sys.exit(1 if lives.problems else 0)


if __name__ == "__main__":
    main()
