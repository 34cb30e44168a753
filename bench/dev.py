"""From a save to the changed component in the browser: ``python bench/dev.py``.

A demo, ``pluginhub dev`` on a new plugin and a Chromium run as they do for somebody who writes
one. The page is open; the time runs from the write of the file until the page shows what it says.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright
from rich.console import Console
from rich.table import Table

_COMMAND = (sys.executable, "-m", "pluginhub")
_LABEL = "Clicked"
_PAUSE = 0.3  # seconds between two saves, in which the page gets quiet
_PATIENCE = 20_000  # milliseconds
# Tells which save a page shows, after it was painted: asking again and again would be too slow.
_WATCH = """
new MutationObserver(() => {
  const found = document.body?.innerText.match(/Save (\\d+):/);
  if (found) requestAnimationFrame(() => setTimeout(() => shown(Number(found[1]))));
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


async def measure(folder: Path, saves: int) -> tuple[list[float], list[float]]:
    """Return the seconds of each save until it was published, and until it was seen.

    Args:
        folder: Gets the data directory and the plugin.
        saves: How many.
    """
    plugin = folder / "hello"
    new = await asyncio.create_subprocess_exec(
        *(*_COMMAND, "--quiet", "new", "hello", "--without-build", "--directory", str(plugin))
    )
    await new.wait()
    async with (
        _process("--json", "demo", "--keep", str(folder / "data")) as demo,
        _page(await _json(demo)) as page,
        _process(
            *("--json", "--data-dir", str(folder / "data"), "dev", str(plugin), "--user", "cleo")
        ) as dev,
    ):
        await _json(dev)
        await page.get_by_text(f"{_LABEL} 0").wait_for(timeout=_PATIENCE)
        return await _save(plugin / "dist/remoteEntry.js", page, dev, saves)


async def _save(
    entry: Path, page: Page, dev: Process, saves: int
) -> tuple[list[float], list[float]]:
    published, seen = [], []
    source = entry.read_text(encoding="utf-8")
    shown: asyncio.Queue[int] = asyncio.Queue()
    await page.expose_function("shown", shown.put_nowait)
    await page.add_init_script(_WATCH)
    for number in range(saves):
        await asyncio.sleep(_PAUSE)
        begin = time.perf_counter()
        entry.write_text(source.replace(_LABEL, f"Save {number}:"), encoding="utf-8")
        async with asyncio.timeout(_PATIENCE / 1000):
            while await shown.get() != number:
                pass
        seen.append(time.perf_counter() - begin)
        published.append((await _json(dev))["seconds"])
    return published, seen


@asynccontextmanager
async def _process(*arguments: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *(*_COMMAND, *arguments), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _json(process: Process) -> Any:
    """Return the next JSON value that a process prints."""
    text = ""
    while process.stdout and (line := await process.stdout.readline()):
        text += line.decode()
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise RuntimeError(f"no JSON: {text}")


@asynccontextmanager
async def _page(demo: dict[str, Any]) -> AsyncIterator[Page]:
    """Sign in as cleo."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        await page.goto(demo["url"])
        await page.get_by_label("Name").fill("cleo")
        await page.get_by_label("Password").fill(demo["passwords"]["cleo"])
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_selector("body[data-state=ready]")
        yield page
        await browser.close()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--saves", type=int, default=20)
    with tempfile.TemporaryDirectory() as folder:
        published, seen = asyncio.run(measure(Path(folder), parser.parse_args().saves))
    table = Table(title="From a save to the page, milliseconds")
    for column in ("until", "median", "worst"):
        table.add_column(column)
    for name, found in (("published, after the save was noticed", published), ("seen", seen)):
        median, worst = statistics.median(found) * 1000, max(found) * 1000
        table.add_row(name, f"{median:.0f}", f"{worst:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
