"""A server does what the model does, whatever is asked of it in whatever order."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web_app
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pluginhub import config
from pluginhub.app import create_app
from pluginhub.care import unused
from pluginhub.database import users as rows
from pluginhub.web import keys
from tests import bundles
from tests.accounts.conftest import Clock
from tests.conftest import Hub, started
from tests.depth import DEPTH
from tests.model.model import (
    GRACE,
    NEEDS,
    NO_CONTENT,
    OK,
    PINS,
    RETENTION,
    UNAUTHENTICATED,
    Model,
)

_HOUR, _YEAR = 3600, 365 * 24 * 3600
_FILES = 4  # that are loaded at every step by addresses of former times

T = TypeVar("T")

VERSIONS = ("1.0.0", "1.1.0", "2.0.0")

users = st.sampled_from(["ann", "ben"])
slugs = st.sampled_from(["Clock", "Clock", "Board"])
versions = st.sampled_from(VERSIONS)
numbers = st.integers(0, 9)
mostly = st.sampled_from([True, True, False])


def _entry(slug: str, version: str, content: int) -> bytes:
    return f"{slug} {version} {content}".encode()


def _bundle(slug: str, version: str, content: int) -> bytes:
    needs = {NEEDS[slug]: "*"} if slug in NEEDS else {}
    files = bundles.files(slug, version, dependencies=needs)
    return bundles.tar_gz({**files, bundles.ENTRY: _entry(slug, version, content)})


class Machine(RuleBasedStateMachine):
    """A server and a model, asked for the same."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(unused, "_DAY", _HOUR)  # so that little is long
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.model = Model(int(self.clock.time))
        self.addresses: dict[tuple[str, str, int, str, int], dict[str, Any]] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.steps = 0
        self.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    def start(self) -> None:
        self.open = contextlib.AsyncExitStack()
        app = create_app(
            config.Config(
                storage=config.Storage(plugins_base_dir=self.folder / "data", disk_reserve=0),
                cleanup=config.Cleanup(version_retention_days=RETENTION // _HOUR),
                files=config.Files(grace=GRACE),
                auth=config.Auth(access_lifetime=100 * _YEAR),
            )
        )

        async def begin() -> Hub:
            client = await self.open.enter_async_context(TestClient(await started(app)))
            app[keys.DATABASE]._clock = self.clock
            return Hub(client, self.folder / "data")

        self.hub = self.run(begin())

    def stop(self) -> None:
        self.run(self.open.aclose())
        # It would hold on to every application.
        web_app._cached_build_middleware.cache_clear()

    def agree(self, status: int, method: str, address: str, **what: Any) -> Any:
        """Ask as an admin for what the model has done, and return what came."""

        async def ask() -> tuple[int, Any]:
            url, headers = f"/api/{address}", self.hub.operator
            answer = await self.hub.client.request(method, url, headers=headers, **what)
            return answer.status, None if answer.status == NO_CONTENT else await answer.json()

        came, answer = self.run(ask())
        assert came == status, answer
        return answer

    @staticmethod
    def one_of(known: Iterable[tuple[str, str]], which: int) -> tuple[str, str]:
        """Return something that is there; sometimes something that may not be."""
        found = sorted(known)
        return found[which % len(found)] if which and found else ("ben", "Board")

    def teardown(self) -> None:
        found = self.agree(OK, "POST", "plugins/system/verify")
        assert found["faults"] == []
        self.stop()
        self.runner.close()
        self.patch.undo()
        shutil.rmtree(self.folder)

    @initialize()
    def begin(self) -> None:
        self.account("ann", "add")
        for version in VERSIONS:
            self.publish("Clock", version, 0)
        self.install("ann", "Clock", "1.0.0")
        for version in VERSIONS[1:]:
            self.run(self._check_what_frontends_load("ann", on=True))
            self.update(1, version)

    # What admins do

    @rule(name=users, verb=st.sampled_from(["add", "add", "enable", "disable", "remove"]))
    def account(self, name: str, verb: str) -> None:
        if verb == "add":
            status = self.model.add_user(name)
            self.agree(status, "POST", "users", json={"name": name})
        elif verb == "remove":
            self.agree(self.model.remove_user(name), "DELETE", f"users/{name}")
        else:
            status = self.model.switch_user(name, on=verb == "enable")
            self.agree(status, "PATCH", f"users/{name}", json={"enabled": verb == "enable"})
        if self.model.users.get(name) and verb in {"add", "enable"}:
            self.run(self._sign_in(name))

    @rule(slug=slugs, version=versions, content=st.sampled_from([0, 0, 0, 1]))
    def publish(self, slug: str, version: str, content: int) -> None:
        status = self.model.publish(slug, version, content)
        self.agree(status, "POST", "plugins", data=_bundle(slug, version, content))

    @rule(
        which=numbers,
        mark=st.sampled_from(["yank", "keep"]),
        on=st.sampled_from([True, True, False]),
    )
    def mark(self, which: int, mark: str, on: bool) -> None:
        slug, version = self.one_of({*self.model.there, *self.model.gone}, which)
        status = self.model.mark(slug, version, **{"yanked" if mark == "yank" else mark: on})
        body: dict[str, Any] = {"json": {}} if on and mark == "yank" else {}
        verb = "PUT" if on else "DELETE"
        self.agree(status, verb, f"plugins/{slug}/releases/{version}/{mark}", **body)

    @rule(seconds=st.sampled_from([_HOUR, _HOUR, 10 * _YEAR, -10 * _YEAR]))
    def wait(self, seconds: int) -> None:
        self.clock.time += seconds
        self.model.now += seconds

    @rule(times=st.integers(1, 3), jump=st.sampled_from([0, 0, 0, 10 * _YEAR, -10 * _YEAR]))
    def sweep(self, times: int, jump: int) -> None:
        self.wait(jump)
        for _ in range(times):
            self.wait(_HOUR)
            before = self.model.there
            self.model.sweep()
            report = self.agree(OK, "POST", "plugins/system/cleanup")
            gone = {(it["slug"], it["version"]) for it in report["releases"]}
            assert gone == before - self.model.there

    # What users do

    @rule(user=users, slug=slugs, version=st.none() | versions)
    def install(self, user: str, slug: str, version: str | None) -> None:
        status = self.model.install(user, slug, version)
        address = f"plugins/{slug}/install?user={user}"
        self.agree(status, "POST", address, json={"version": version})

    @rule(which=numbers, version=st.none() | versions)
    def update(self, which: int, version: str | None) -> None:
        user, slug = self.one_of(self.model.has, which)
        status = self.model.update(user, slug, version)
        address = f"plugins/{slug}/update?user={user}"
        self.agree(status, "PUT", address, json={"version": version})

    @rule(which=numbers)
    def roll_back(self, which: int) -> None:
        user, slug = self.one_of(self.model.has, which)
        status = self.model.roll_back(user, slug)
        self.agree(status, "POST", f"plugins/{slug}/rollback?user={user}", json={})

    @rule(which=numbers)
    def uninstall(self, which: int) -> None:
        user, slug = self.one_of(self.model.has, which)
        self.agree(self.model.uninstall(user, slug), "DELETE", f"plugins/{slug}?user={user}")

    @rule(which=numbers, to=st.booleans() | st.integers(0, 9) | st.sampled_from([None, *PINS]))
    def change(self, which: int, to: bool | int | str | None) -> None:
        """Switch a plugin, configure or pin it."""
        user, slug = self.one_of(self.model.has, which)
        address = f"plugins/{slug}/{{}}?user={user}"
        if isinstance(to, bool):
            status, verb = self.model.change(user, slug, enabled=to), "enable" if to else "disable"
            self.agree(status, "POST", address.format(verb), json={})
        elif isinstance(to, int):
            value = {"a": to} if to % 2 else {"b": to}
            status = self.model.change(user, slug, config=value)
            self.agree(status, "PUT", address.format("config"), json={"config": value})
        elif to == "*":
            status = self.model.change(user, slug, pin=None)
            self.agree(status, "DELETE", address.format("pin"))
        else:
            status = self.model.pin(user, slug, to)
            self.agree(status, "PUT", address.format("pin"), json={"range": to})

    @rule()
    def restart(self) -> None:
        self.stop()
        self.start()

    # What can be seen

    @invariant()
    def has_what_the_model_has(self) -> None:
        self.steps += 1
        self._check_installations()
        self._check_releases()
        if accounts := sorted(self.model.users.items()):
            user, on = accounts[self.steps % len(accounts)]
            self.run(self._check_what_frontends_load(user, on=on))
        self.run(self._check_former_addresses())

    def _check_installations(self) -> None:
        for user in self.model.users:
            shown = self.agree(OK, "GET", f"plugins/installed?user={user}")["installations"]
            keys_ = ("version", "enabled", "config", "pin", "as_dependency")
            found = {it["slug"]: tuple(it[key] for key in keys_) for it in shown}
            assert found == {
                slug: (it.version, it.enabled, it.config, it.pin, it.as_dependency)
                for (owner, slug), it in self.model.has.items()
                if owner == user
            }

    def _check_releases(self) -> None:
        shown = self.agree(OK, "GET", "plugins")["plugins"]
        found = {
            (it["slug"], of["version"]): (of["yanked"], of["keep"], of["users"])
            for it in shown
            for of in it["releases"]
        }
        have = [(slug, it.version) for (_, slug), it in self.model.has.items()]
        assert found == {
            (slug, version): (it.yanked, it.keep, have.count((slug, version)))
            for slug, known in self.model.releases.items()
            for version, it in known.items()
        }
        shared = self.hub.data / "shared"
        there = {path.relative_to(shared).as_posix(): path for path in shared.glob("*/*")}
        assert there.keys() == {f"{slug}/v{version}" for slug, version in self.model.there}
        for slug, known in self.model.releases.items():
            for version, it in known.items():
                entry = there[f"{slug}/v{version}"] / bundles.ENTRY
                assert entry.read_bytes() == _entry(slug, version, it.bytes)

    async def _check_what_frontends_load(self, user: str, *, on: bool) -> None:
        """Load what the manifest names, by its address, by a token, and without either."""
        url, headers = "/api/v1/plugins/manifest/designer", self.headers[user]
        answer = await self.hub.client.get(url, headers=headers)
        if not on:
            assert answer.status == UNAUTHENTICATED
            return
        shown = await answer.json()
        has = {slug: it for (owner, slug), it in self.model.has.items() if owner == user}
        assert shown.keys() == {slug for slug, it in has.items() if it.enabled}
        for slug, entry in shown.items():
            release = self.model.releases[slug][has[slug].version]
            address = (user, slug, has[slug].number, has[slug].version, release.bytes)
            self.addresses[address] = entry
            own = f"/api/v1/public/plugins/{entry['database_id']}/{bundles.ENTRY}"
            answer = await self.hub.client.get(own, headers=headers)
            assert await answer.read() == _entry(slug, has[slug].version, release.bytes)
            assert (await self.hub.client.get(own)).status == UNAUTHENTICATED

    async def _sign_in(self, user: str) -> None:
        async with self.hub.database.snapshot() as connection:
            account = await rows.get(connection, user)
        self.headers[user] = await self.hub.sign_in(account)

    async def _check_former_addresses(self) -> None:
        """Load by the newest addresses that frontends ever had, and by one of the others."""
        known = list(self.addresses)
        other = self.steps % max(1, len(known))
        for address in {*known[-_FILES:], *known[other : other + 1]}:
            answer = await self.hub.load(self.addresses[address])
            assert answer.status == self.model.file(*address)
            if answer.status == OK:
                _, slug, _, version, content = address
                assert await answer.read() == _entry(slug, version, content)


Machine.TestCase.settings = settings(
    max_examples=30 * DEPTH,
    stateful_step_count=20 if DEPTH == 1 else 50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


TestModel = pytest.mark.timeout(120 * DEPTH)(Machine.TestCase)
