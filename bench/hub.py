"""The server as a process of its own, with people and plugins."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

MANIFEST = "/api/v1/plugins/manifest/designer"

SOURCES = str(Path(__file__).parents[1])  # that this belongs to
PASSWORD = "correct horse battery"


@dataclass
class Hub:
    """A server that runs.

    Attributes:
        process: That it is.
        session: Asks it as its operator.
        url: Without a slash at the end.
    """

    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession
    url: str

    @property
    def pid(self) -> int:
        """Of its process."""
        return self.process.pid

    async def send(
        self, method: str, path: str, expected: int | None = None, **more: Any
    ) -> dict[str, Any]:
        """Ask the server for something, as its operator.

        Raises:
            RuntimeError: The status is another than the one expected.
        """
        async with self.session.request(method, path, **more) as answer:
            body: dict[str, Any] = await answer.json()
            if expected is not None and answer.status != expected:
                raise RuntimeError(f"{method} {path}: {answer.status} {body}")
            return body

    async def publish(self, bundle: bytes) -> None:
        """Publish a bundle; a large one is published by a job, for whose end this waits.

        Raises:
            RuntimeError: It is not published.
        """
        job = await self.ended(await self.send("POST", "/api/plugins", data=bundle))
        if not (job.get("result") or job).get("digest"):
            raise RuntimeError(f"not published: {job}")

    async def ended(self, job: dict[str, Any]) -> dict[str, Any]:
        """Wait until a job has ended, and return it; what is none has."""
        while job.get("state") in {"queued", "running"}:
            await asyncio.sleep(0.05)
            job = await self.send("GET", f"/api/plugins/jobs/{job['id']}", 200)
        return job

    async def user(self, name: str, *slugs: str) -> dict[str, str]:
        """Make a user with plugins, and return the header that says who they are."""
        person = {"name": name, "password": PASSWORD}
        await self.send("POST", "/api/users", 201, json=person)
        for slug in slugs:
            await self.send("POST", f"/api/plugins/{slug}/install?user={name}", 201, json={})
        login = {"email": name, "password": PASSWORD}
        pair = await self.send("POST", "/api/v1/auth/login", 200, json=login)
        return {"Authorization": f"Bearer {pair['access_token']}"}

    async def entry(self, slug: str, user: dict[str, str]) -> str:
        """Return the address of a plugin's entry file, with the user's capability."""
        found = (await self.send("GET", MANIFEST, 200, headers=user))[slug]
        return f"/api/v1/public/plugins/{found['database_id']}/{found['bundlelocation']}"


async def fetch(
    session: aiohttp.ClientSession, url: str, headers: Mapping[str, str]
) -> tuple[bytes, str]:
    """Return a body as it is sent, and its tag.

    Raises:
        RuntimeError: There is none.
    """
    async with session.get(url, headers=headers, auto_decompress=False) as answer:
        if answer.status != 200:
            raise RuntimeError(f"{url}: {answer.status}")
        return await answer.read(), answer.headers.get("ETag", "")


@asynccontextmanager
async def running(folder: Path, prefix: Sequence[str] = (), **settings: str) -> AsyncIterator[Hub]:
    """Run a server.

    Args:
        folder: Gets its data directory.
        prefix: Of its command.
        settings: By the names that they have in the environment, without the prefix.
    """
    process = await asyncio.create_subprocess_exec(
        *(*prefix, sys.executable, "-m", "pluginhub", "--data-dir", "data", "serve", "--port", "0"),
        cwd=folder,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": SOURCES,
            "PLUGINHUB_LOG_LEVEL": "error",
            **{f"PLUGINHUB_{name}": value for name, value in settings.items()},
        },
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        url = (await process.stdout.readline()).decode().strip() if process.stdout else ""
        token = json.loads((folder / "data/server.json").read_bytes())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(url, headers=headers) as session:
            yield Hub(process, session, url.rstrip("/"))
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
