"""The users of the soak: each does one thing after the other, and keeps a note of what it has.

What was under way when the server ended may be done or not, but nothing in between.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bench.hub import MANIFEST, PASSWORD, Hub
from bench.soak_notes import (
    HOOKED,
    SLUGS,
    Have,
    Json,
    Shelf,
    State,
    Tally,
    World,
    entry_of,
    work,
)

STATES = "/api/v1/plugin-state"


def config_of(slug: str, version: str) -> Json:
    """Return what the hooks of a release write into the configuration."""
    return {"at": version} if slug in HOOKED else {}


@dataclass
class User:
    """Somebody with plugins.

    Attributes:
        world: What was acknowledged.
        perhaps: What there would be if that was done as well which was cut off.
        token: The header that proves who it is.
        former: Tokens of sessions that are to be ended.
        ended: Tokens of sessions that were.
    """

    chance: random.Random
    shelf: Shelf
    tally: Tally
    hub: Hub
    name: str
    token: Mapping[str, str]
    world: World = field(default_factory=World)
    perhaps: World | None = None
    former: list[Mapping[str, str]] = field(default_factory=list)
    ended: list[Mapping[str, str]] = field(default_factory=list)

    async def run(self) -> None:
        """Use plugins until the server does not answer any more."""
        mix = {
            self.install: 6,
            self.update: 8,
            self.roll_back: 4,
            self.switch: 4,
            self.configure: 6,
            self.uninstall: 2,
            self.store: 8,
            self.forget: 2,
            self.load: 10,
            self.sign_in: 1,
            self.sign_out: 1,
        }
        await work(self.chance, mix)

    async def look(self) -> None:
        """Look for what was acknowledged after a restart, and go on from what is there."""
        hub = self.hub
        for token in self.ended:
            async with hub.session.get("/api/v1/auth/me", headers=token) as answer:
                if answer.status == 200:
                    self.tally.lost.append(f"{self.name} is signed in again")
        self.ended.clear()
        async with hub.session.get("/api/v1/auth/me", headers=self.token) as answer:
            if answer.status != 200:
                self.tally.lost.append(f"{self.name} is not signed in any more")
        found = await self._found()
        known = [world for world in (self.world, self.perhaps) if world == found]
        if not known:
            self.tally.lost.append(f"{self.name}: {found}, not {self.world} or {self.perhaps}")
        self.world = replace(known[0] if known else found, states=found.states)
        self.perhaps = None

    async def _found(self) -> World:
        path = f"/api/plugins/installed?user={self.name}"
        installed = (await self.hub.send("GET", path, 200))["installations"]
        async with self.hub.session.get(f"{STATES}?limit=1000", headers=self.token) as answer:
            states = await answer.json()
        return World(
            {it["slug"]: Have(it["version"], it["enabled"], it["config"]) for it in installed},
            {it["plugin_id"]: State(it["state_data"]["n"], it["id"]) for it in states},
        )

    async def _ask(
        self, kind: str, method: str, path: str, after: World, json: Json | None = None
    ) -> Json | None:
        """Ask for something that leads to another world if it is done."""
        self.perhaps = after
        done = await self.tally.ask(
            self.hub.session, kind, method, path, json=json, headers=self.token
        )
        if done is not None:
            self.world = after
        self.perhaps = None
        return done

    def _mine(self) -> tuple[str, Have] | None:
        return self.chance.choice([*self.world.plugins.items()]) if self.world.plugins else None

    def _with(self, slug: str, have: Have) -> World:
        return replace(self.world, plugins={**self.world.plugins, slug: have})

    async def install(self) -> None:
        """Get a plugin, not always the newest release of it."""
        slug = self.chance.choice(SLUGS)
        versions = self.shelf.versions(slug)[-5:]
        if slug in self.world.plugins or not versions:
            return
        version = self.chance.choice(versions)
        after = self._with(slug, Have(version, enabled=True, config=config_of(slug, version)))
        path = f"/api/plugins/{slug}/install"
        await self._ask("install", "POST", path, after, {"version": version})

    async def update(self) -> None:
        """Move a plugin up or down."""
        if not (mine := self._mine()):
            return
        slug, have = mine
        versions = [it for it in self.shelf.versions(slug)[-5:] if it != have.version]
        if versions:
            version = self.chance.choice(versions)
            after = self._moved(slug, version, have.version)
            path = f"/api/plugins/{slug}/update"
            await self._ask("update", "PUT", path, after, {"version": version})

    async def roll_back(self) -> None:
        """Return to the release before."""
        if mine := self._mine():
            slug, have = mine
            after = self._moved(slug, have.previous, None) if have.previous else self.world
            await self._ask("roll back", "POST", f"/api/plugins/{slug}/rollback", after, {})

    def _moved(self, slug: str, version: str, previous: str | None) -> World:
        have = self.world.plugins[slug]
        config = {**have.config, **config_of(slug, version)}
        moved = replace(have, version=version, config=config, previous=previous)
        return self._with(slug, moved)

    async def switch(self) -> None:
        """Switch a plugin on or off."""
        if mine := self._mine():
            slug, have = mine
            verb = "disable" if have.enabled else "enable"
            after = self._with(slug, replace(have, enabled=not have.enabled))
            await self._ask(verb, "POST", f"/api/plugins/{slug}/{verb}", after, {})

    async def configure(self) -> None:
        """Set something in the configuration of a plugin."""
        if mine := self._mine():
            slug, have = mine
            patch = {"n": self.chance.randrange(10**9)}
            after = self._with(slug, replace(have, config={**have.config, **patch}))
            path = f"/api/plugins/{slug}/config"
            await self._ask("configure", "PATCH", path, after, {"config": patch})

    async def uninstall(self) -> None:
        """Give a plugin up, with what it stored."""
        if mine := self._mine():
            slug = mine[0]
            plugins = {it: have for it, have in self.world.plugins.items() if it != slug}
            states = {it: state for it, state in self.world.states.items() if it != slug}
            path = f"/api/plugins/{slug}"
            await self._ask("uninstall", "DELETE", path, World(plugins, states))

    async def store(self) -> None:
        """Let a plugin store something, or something else than before."""
        if not (mine := self._mine()):
            return
        slug, value = mine[0], self.chance.randrange(10**9)
        known = self.world.states.get(slug)
        after = replace(
            self.world, states={**self.world.states, slug: replace(known or State(0), value=value)}
        )
        if known:
            json: Json = {"state_data": {"n": value}}
            await self._ask("change a state", "PUT", f"{STATES}/{known.id}", after, json)
            return
        json = {"plugin_id": slug, "state_data": {"n": value}}
        if made := await self._ask("store a state", "POST", STATES, after, json):
            states = {**self.world.states, slug: State(value, made["id"])}
            self.world = replace(self.world, states=states)

    async def forget(self) -> None:
        """Delete what a plugin stored."""
        if self.world.states:
            slug, state = self.chance.choice([*self.world.states.items()])
            states = {it: other for it, other in self.world.states.items() if it != slug}
            after = replace(self.world, states=states)
            await self._ask("delete a state", "DELETE", f"{STATES}/{state.id}", after)

    async def load(self) -> None:
        """Load E1 and a file, as a page does."""
        session = self.hub.session
        found = await self.tally.ask(session, "load E1", "GET", MANIFEST, headers=self.token) or {}
        shown = {slug: it["version"] for slug, it in found.items()}
        wanted = {slug: it.version for slug, it in self.world.plugins.items() if it.enabled}
        if shown != wanted:
            self.tally.wrong.append(f"E1 of {self.name} has {shown}, not {wanted}")
        elif found:
            slug, entry = self.chance.choice([*found.items()])
            path = f"/api/v1/public/plugins/{entry['database_id']}/{entry['bundlelocation']}"
            _, body = await self.tally.send(session, "load a file", "GET", path)
            if body != entry_of(slug, entry["version"]):
                self.tally.wrong.append(f"not as it was published: {path}: {body[:100]!r}")

    async def sign_in(self) -> None:
        """Begin another session."""
        login = {"email": self.name, "password": PASSWORD}
        session = self.hub.session
        pair = await self.tally.ask(session, "sign in", "POST", "/api/v1/auth/login", json=login)
        if pair:
            self.former.append(self.token)
            self.token = {"Authorization": f"Bearer {pair['access_token']}"}

    async def sign_out(self) -> None:
        """End a session that another one followed."""
        if self.former:
            token, path = self.former.pop(), "/api/v1/auth/logout"
            if await self.tally.ask(self.hub.session, "sign out", "POST", path, headers=token):
                self.ended.append(token)
