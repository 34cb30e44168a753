"""Runs the Caddy that the system has."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.nginx import listens

# Several run at once on one machine, and none may look for certificates.
_AROUND = "{\n\tadmin off\n\tauto_https off\n}\n"


def program() -> str:
    """Return where it is, or skip the test."""
    found = shutil.which("caddy")
    if found is None:
        pytest.skip("caddy is not installed")
    return found


@asynccontextmanager
async def running(folder: Path, text: str, port: int, upstream: str) -> AsyncIterator[None]:
    """Run Caddy until the block ends.

    Args:
        folder: Where it may write.
        text: A Caddyfile, for HUB_SITE and HUB_UPSTREAM.
        port: To listen on, for any host.
        upstream: Address of the server behind it.
    """
    file = folder / "Caddyfile"
    file.write_text(_AROUND + text)
    more = {"HUB_SITE": f"http://:{port}", "HUB_UPSTREAM": upstream, "XDG_CONFIG_HOME": str(folder)}
    process = await asyncio.create_subprocess_exec(
        *(program(), "run", "--config", file, "--adapter", "caddyfile"),
        env={**os.environ, **more},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(8):
            while not await listens(port):
                assert process.returncode is None
        yield
    finally:
        process.terminate()
        await process.wait()
