"""Who publishes in the soak, sweeps, and makes backups: one thing after the other."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from bench.hub import Hub
from bench.soak_notes import SLUGS, Json, Name, Shelf, Tally, bundle_of, work


@dataclass
class Publisher:
    """Somebody who looks after the server."""

    chance: random.Random
    shelf: Shelf
    tally: Tally
    hub: Hub

    async def run(self) -> None:
        """Look after the server until it does not answer any more."""
        mix = {self.new: 12, self.again: 10, self.by_job: 6, self.sweep: 6, self.back_up: 1}
        await work(self.chance, mix)

    async def new(self) -> None:
        """Publish a new release."""
        await self._publish("publish", self.shelf.new(self.chance.choice(SLUGS)))

    async def again(self) -> None:
        """Publish a release that is published, or was."""
        await self._publish("publish again", self.chance.choice([*self.shelf.digests]))

    async def _publish(self, kind: str, name: Name) -> None:
        swept = self.shelf.swept
        done = await self._ask(kind, "POST", "/api/plugins", data=bundle_of(*name))
        if done:
            self.shelf.put(name, done["digest"], swept, self.tally)

    async def by_job(self) -> None:
        """Publish a new release by a job, and wait for its end."""
        name, swept = self.shelf.new(self.chance.choice(SLUGS)), self.shelf.swept
        later = {"Prefer": "respond-async"}
        job = await self._ask(
            "publish by a job", "POST", "/api/plugins", data=bundle_of(*name), headers=later
        )
        if job is None:
            return
        self.shelf.jobs[job["id"]] = name
        while job and job["state"] in {"queued", "running"}:
            await asyncio.sleep(0.05)
            job = await self._ask("look at a job", "GET", f"/api/plugins/jobs/{job['id']}")
        if not job or job["state"] != "done":
            self.tally.wrong.append(f"a job did not end well: {job}")
        else:
            del self.shelf.jobs[job["id"]]
            self.shelf.put(name, job["result"]["digest"], swept, self.tally)

    async def sweep(self) -> None:
        """Remove releases that nobody has."""
        with self.shelf.sweep() as gone:
            report = await self._ask("sweep", "POST", "/api/plugins/system/cleanup")
            gone.update((it["slug"], it["version"]) for it in (report or {}).get("releases", []))

    async def back_up(self) -> None:
        """Make a backup."""
        made = await self._ask("back up", "POST", "/api/plugins/system/backup", json={})
        if made and made["missing"]:
            self.tally.wrong.append(f"not whole, so not in a backup: {made['missing']}")

    async def _ask(self, kind: str, method: str, path: str, **more: Any) -> Json | None:
        return await self.tally.ask(self.hub.session, kind, method, path, **more)
