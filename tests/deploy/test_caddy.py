"""The examples for Caddy, with a real one."""

import asyncio
import os
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import unused_port

from tests import caddy
from tests.deploy.behind import HOST, behind, everything_works
from tests.web.conftest import serving

DEPLOY = Path(__file__).parents[2] / "deploy"
EXAMPLES = {"Caddyfile": "", "Caddyfile.path": "/hub"}


@pytest.mark.parametrize("name", EXAMPLES)
async def test_the_example_is_valid_as_it_stands(name: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(caddy.program(), "validate", "--config", DEPLOY / name, "--adapter", "caddyfile"),
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert b"Valid configuration" in output
    assert b'"warn"' not in output


@pytest.mark.parametrize(("name", "base_path"), EXAMPLES.items())
async def test_everything_works_behind_caddy(tmp_path: Path, name: str, base_path: str) -> None:
    port = unused_port()
    async with serving(behind(tmp_path / "data", base_path)) as hub:
        upstream = f"127.0.0.1:{hub.client.port}"
        text = (DEPLOY / name).read_text()
        async with caddy.running(tmp_path, text, port, upstream):
            await everything_works(hub, f"http://127.0.0.1:{port}{base_path}")


async def test_what_is_beside_the_path_is_left_to_the_site(tmp_path: Path) -> None:
    port = unused_port()
    async with serving(behind(tmp_path / "data", "/hub")) as hub:
        upstream = f"127.0.0.1:{hub.client.port}"
        text = (DEPLOY / "Caddyfile.path").read_text()
        async with (
            caddy.running(tmp_path, text, port, upstream),
            ClientSession(f"http://127.0.0.1:{port}", headers={"Host": HOST}) as client,
        ):
            async with client.get("/api/plugins") as answer:
                assert await answer.text() == "something else"
            async with client.get("/hub", allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (302, "/hub/")
