"""What the manifest says of entry files is what a browser computes."""

import base64
import hashlib

from tests import bundles
from tests.conftest import Hub


async def test_it_is_the_digest_of_what_is_served(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    headers = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", headers)
    entry = (await hub.designer(headers))["Clock"]
    content = await (await hub.load(entry)).read()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert entry["integrity"] == f"sha384-{digest}"
    async with hub.client.get("/api/v1/plugins/manifest", headers=headers) as answer:
        assert (await answer.json())["Clock"]["integrity"] == f"sha384-{digest}"


async def test_a_plugin_whose_entry_file_is_not_as_published_is_not_handed_out(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    await hub.publish(bundles.bundle("Map"))
    headers = await hub.sign_in(await hub.add_user("ann"))
    for slug in ("Clock", "Map"):
        await hub.install(slug, headers)
    entry = hub.storage.release_path("Clock", "1.0.0") / bundles.ENTRY
    entry.chmod(0o644)
    entry.write_bytes(b"x" * entry.stat().st_size)
    assert list(await hub.designer(headers)) == ["Map"]


async def test_it_is_computed_once_for_all_users(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    ann, ben = [await hub.sign_in(await hub.add_user(name)) for name in ("ann", "ben")]
    for headers in (ann, ben):
        await hub.install("Clock", headers)
    first = (await hub.designer(ann))["Clock"]["integrity"]
    entry = hub.storage.release_path("Clock", "1.0.0") / bundles.ENTRY
    entry.chmod(0o644)
    entry.write_bytes(b"x" * entry.stat().st_size)
    assert (await hub.designer(ben))["Clock"]["integrity"] == first
