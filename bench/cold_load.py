"""What a browser that comes for the first time loads of the demo: page, manifest and plugins."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bench.hub import MANIFEST, fetch

# What the page has itself, and shares with the plugins.
_SHARED = "node_modules_react"
_PAGE = (
    "/demo/",
    "/demo/host.css",
    "/demo/host.js",
    "/demo/vendor/react.production.min.js",
    "/demo/vendor/react-dom.production.min.js",
)


async def count(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Return the bytes of each file of the page and of the plugins, as it is and with br.

    Args:
        folder: Gets the data directory of the demo.
    """
    data = folder / "demo"
    async with _demo(data) as (session, token):
        plugins = await _files(session, token, data)
        await until_encoded(data, releases=len(list(data.glob("shared/*/*"))))
        found: list[dict[str, int]] = []
        for coding in ("identity", "br"):
            accept = {"Accept-Encoding": coding, **token}
            names = (*_PAGE, *plugins, MANIFEST)
            found.append({name: len((await fetch(session, name, accept))[0]) for name in names})
        return found[0], found[1]


async def until_encoded(data: Path, releases: int) -> None:
    """Wait until files of so many releases are compressed as well as they will be."""
    while True:
        levels = [path.read_text() for path in data.glob("encoded/*/level")]
        if levels.count("best") >= releases:
            return
        await asyncio.sleep(1)


@asynccontextmanager
async def _demo(data: Path) -> AsyncIterator[tuple[aiohttp.ClientSession, dict[str, str]]]:
    """Run the demo, and sign in as ann."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pluginhub", "demo", "--keep", str(data)),
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None:
        raise RuntimeError("the demo has no output")
    try:
        said = await process.stdout.readuntil(b"Ctrl-C")
        url, password = re.search(rb"(http://\S+)/demo/", said), re.search(rb"ann +(\S+)", said)
        if not url or not password:
            raise RuntimeError(said.decode())
        async with aiohttp.ClientSession(url[1].decode()) as session:
            login = {"email": "ann", "password": password[1].decode()}
            async with session.post("/api/v1/auth/login", json=login) as answer:
                pair: dict[str, Any] = await answer.json()
            yield session, {"Authorization": f"Bearer {pair['access_token']}"}
    finally:
        process.terminate()
        await process.wait()


async def _files(session: aiohttp.ClientSession, token: dict[str, str], data: Path) -> list[str]:
    """Return the addresses of what the page loads of ann's plugins."""
    async with session.get(MANIFEST, headers=token) as answer:
        manifest: dict[str, dict[str, Any]] = await answer.json()
    found = []
    for slug, entry in manifest.items():
        root = f"/api/v1/public/plugins/{entry['database_id']}/"
        folder = root + entry["bundlelocation"].rpartition("/")[0]
        files = (data / f"shared/{slug}/v{entry['version']}/dist").iterdir()
        names = [path.name for path in files if path.suffix != ".txt"]
        found += [f"{folder}/{name}" for name in names if not name.startswith(_SHARED)]
    return found
