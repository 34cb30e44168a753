"""Files of a release are encoded after it was published, and sent so to those who take it."""

import asyncio

import brotli
import pytest

from pluginhub.care import encoding
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.storage.encodings import Encodings
from tests import bundles
from tests.conftest import Hub
from tests.web.files.test_serve import Site, site

SCRIPT = b"var words = 'again and again';\n" * 1000
BUNDLE = bundles.tar_gz({**bundles.files(), "dist/words.js": SCRIPT})


async def until_encoded(hub: Hub, digest: str, level: str = "quick") -> None:
    encodings = Encodings(DataDirectory.at(hub.data))
    async with asyncio.timeout(8):
        while await asyncio.to_thread(encodings.level, digest) != level:  # noqa: ASYNC110 - files
            await asyncio.sleep(0.01)


async def get(ann: Site, accept: str) -> tuple[str | None, str, bytes]:
    url = f"{ann.release}/dist/words.js"
    headers = {"Accept-Encoding": accept}
    async with ann.hub.client.get(url, headers=headers, auto_decompress=False) as answer:
        assert answer.headers["Vary"] == "Accept-Encoding, Origin"
        coding = answer.headers.get("Content-Encoding")
        return coding, answer.headers["ETag"], await answer.read()


async def test_a_release_is_encoded_soon_after_it_was_published(hub: Hub) -> None:
    ann = await site(hub, BUNDLE)
    _, plain_tag, plain = await get(ann, "br")  # whatever is there by now
    release = (await hub.publish(BUNDLE)).release
    await until_encoded(hub, release.digest)
    async with asyncio.timeout(5):
        while (await get(ann, "br"))[0] is None:
            pass
    coding, tag, content = await get(ann, "gzip, br")
    assert (coding, brotli.decompress(content)) == ("br", SCRIPT)
    assert (await get(ann, "identity"))[::2] == (None, SCRIPT)
    tags = {(await get(ann, accept))[1] for accept in ("br", "gzip", "zstd", "identity")}
    assert len(tags) == 4
    assert plain_tag in tags or plain == SCRIPT
    url = f"{ann.release}/dist/words.js"
    headers = {"Accept-Encoding": "br", "If-None-Match": tag}
    assert (await hub.client.get(url, headers=headers)).status == 304
    headers["Accept-Encoding"] = "identity"
    assert (await hub.client.get(url, headers=headers)).status == 200


async def test_when_nothing_new_comes_it_is_encoded_as_well_as_it_goes(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_IDLE", 0.01)
    ann = await site(hub, BUNDLE)
    release = (await hub.publish(BUNDLE)).release
    await until_encoded(hub, release.digest, "best")
    _, _, content = await get(ann, "br")
    assert brotli.decompress(content) == SCRIPT
