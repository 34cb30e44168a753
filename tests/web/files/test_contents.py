"""What is kept of files: within bounds, and never longer than it may be sent."""

import os
from typing import Any, BinaryIO

import pytest

from pluginhub.database import installations, releases
from pluginhub.database.installations import Loadable
from pluginhub.errors import ForbiddenError, NotFoundError
from pluginhub.lifecycle.yank import withdraw
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from pluginhub.storage.shared import SharedStorage
from pluginhub.web import keys
from pluginhub.web.files.contents import Bounds, Contents, OpenFile
from tests import bundles
from tests.conftest import OPERATOR, Hub

FILES = {f"dist/{number}.js": bytes([65 + number]) * 100 for number in range(5)}
LARGE = {f"dist/large{number}.js": os.urandom(2000) for number in range(4)}


async def prepared(hub: Hub, room: int = 350, most_open: int = 2) -> tuple[Contents, Loadable]:
    content = bundles.tar_gz({**bundles.files(), "src.py": b"", **FILES, **LARGE})
    await hub.publish(content)
    user = await hub.add_user("ann")
    await hub.install("Clock", await hub.sign_in(user))
    async with hub.database.snapshot() as connection:
        [release] = await installations.loadable(connection, user.id, "Clock", 0)
    encodings = Encodings(DataDirectory.at(hub.data))
    bounds = Bounds(1000, room, most_open)
    return Contents(hub.database, hub.storage, encodings, bounds), release


async def test_small_files_are_kept_until_others_need_their_room(hub: Hub) -> None:
    contents, release = await prepared(hub)
    number = release.release_id
    for path in ("dist/0.js", "dist/1.js", "dist/2.js"):
        assert contents.known(number, path) is None
        assert (await contents.find(release, path)).plain.body == FILES[path]
    assert contents.known(number, "dist/0.js")  # the last one that was asked for
    await contents.find(release, "dist/3.js")
    kept = [path for path in FILES if contents.known(number, path)]
    assert kept == ["dist/0.js", "dist/2.js", "dist/3.js"]


async def test_large_files_stay_open_and_are_closed_when_nobody_sends_them(hub: Hub) -> None:
    contents, release = await prepared(hub)
    first = await contents.find(release, "dist/large0.js")
    assert isinstance(first.plain.body, OpenFile)
    descriptor = first.plain.body.fileno()
    for number in (1, 2, 3):
        await contents.find(release, f"dist/large{number}.js")
    assert contents.known(release.release_id, "dist/large0.js") is None
    assert os.pread(descriptor, 2000, 0) == LARGE["dist/large0.js"]  # somebody still sends it
    del first
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.pread(descriptor, 1, 0)


async def test_what_may_not_be_sent_is_not_kept(hub: Hub) -> None:
    contents, release = await prepared(hub)
    with pytest.raises(NotFoundError, match="File not found"):
        await contents.find(release, "dist/../dist/0.js")
    with pytest.raises(ForbiddenError):
        await contents.find(release, "src.py")
    path = hub.storage.release_path("Clock", "1.0.0") / "dist/4.js"
    path.chmod(0o644)
    path.write_bytes(b"longer than it was" * 10)
    with pytest.raises(NotFoundError, match="damaged"):
        await contents.find(release, "dist/4.js")
    assert contents.known(release.release_id, "dist/4.js") is None


async def test_nobody_gets_bytes_of_another_release_that_took_the_place_meanwhile(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents, release = await prepared(hub)
    async with hub.database.snapshot() as connection:
        found = await releases.get(connection, "Clock", "1.0.0")
    opened = SharedStorage.open

    async def replaced(self: SharedStorage, *where: Any) -> BinaryIO:
        await hub.client.delete("/api/plugins/Clock?user=ann", headers=hub.operator)
        assert await withdraw(hub.app[keys.RESOURCES], found, actor=OPERATOR)
        other = bundles.tar_gz({**bundles.files(), **FILES, "dist/0.js": b"z" * 100})
        answer = await hub.client.post("/api/plugins", data=other, headers=hub.operator)
        assert answer.status == 201
        return await opened(self, *where)

    monkeypatch.setattr(SharedStorage, "open", replaced)
    with pytest.raises(NotFoundError):
        await contents.find(release, "dist/0.js")
    assert contents.known(release.release_id, "dist/0.js") is None


async def test_a_file_that_takes_all_the_room_is_sent_without_being_kept(hub: Hub) -> None:
    contents, release = await prepared(hub, room=50)
    assert (await contents.find(release, "dist/0.js")).plain.body == FILES["dist/0.js"]
    assert contents.known(release.release_id, "dist/0.js") is None
