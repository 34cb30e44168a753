"""Runs the nginx that the system has."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

_AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  types {{ text/plain txt; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{http}
}}
"""


@asynccontextmanager
async def running(folder: Path, http: str) -> AsyncIterator[None]:
    """Run nginx until the block ends.

    Args:
        folder: Where it may write.
        http: What stands in the http block of its configuration, with one port that it listens on.
    """
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(program).exists():
        pytest.skip("nginx is not installed")
    found = re.search(r"listen (?:127\.0\.0\.1:)?(\d+)", http)
    assert found
    file = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    file.write_text(_AROUND.format(folder=folder, http=http, user=user))
    process = await asyncio.create_subprocess_exec(program, "-p", folder, "-c", file)
    try:
        async with asyncio.timeout(5):
            while not await listens(int(found[1])):
                assert process.returncode is None
        yield
    finally:
        process.terminate()
        await process.wait()


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
