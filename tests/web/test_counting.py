import pytest

from pluginhub.app import PAGES, ROUTES
from pluginhub.web import keys
from pluginhub.web.counting import class_of
from tests import bundles
from tests.conftest import Hub, settings
from tests.managers.workshop import until
from tests.web import raw
from tests.web.conftest import serving


def test_there_are_few_classes_of_routes() -> None:
    classes = {class_of(route.path) for route in (*ROUTES, *PAGES)}
    assert classes == {"api", "compat", "events", "files", "manifest", "page", "probe", "static"}


@pytest.mark.parametrize("base_path", ["", "/hub"])
async def test_requests_are_counted_by_what_they_were_and_what_they_got(
    hub: Hub, base_path: str
) -> None:
    config = settings(hub.data.parent / "other", base_path=base_path)
    async with serving(config) as other:
        for path in ("/healthz", "/readyz", "/nothing", "/api/audit", "/static/pages.css"):
            await other.client.get(base_path + path)
        await other.client.get(base_path + "/nothing/at/all")
        found = +other.app[keys.TRAFFIC].requests()
    assert found == {
        ("probe", "GET", "2xx"): 2,
        ("unknown", "GET", "4xx"): 2,
        ("api", "GET", "4xx"): 1,
        ("static", "GET", "2xx"): 1,
    }


async def test_a_client_that_is_gone_is_counted_as_such(hub: Hub) -> None:
    _, writer = await raw.connect(hub)
    head = f"Host: hub\r\nAuthorization: {hub.operator['Authorization']}\r\nContent-Length: 99"
    writer.write(f"POST /api/plugins HTTP/1.1\r\n{head}\r\n\r\nhalf".encode())
    await writer.drain()
    uploads = hub.app[keys.UPLOADS]
    await until(lambda: uploads.running == 1)
    writer.transport.abort()
    traffic = hub.app[keys.TRAFFIC]
    assert await until(lambda: +traffic.requests() == {("api", "POST", "gone"): 1})
    assert (uploads.done, uploads.failed, uploads.refused) == (0, 1, 0)


async def test_bytes_of_files_are_counted_whichever_way_they_go(hub: Hub) -> None:
    script = b"console.log('clock');\n" * 100
    await hub.publish(bundles.tar_gz({**bundles.files(), "dist/remoteEntry.js": script}))
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann)
    entry = (await hub.designer(ann))["Clock"]
    traffic, plain = hub.app[keys.TRAFFIC], {"Accept-Encoding": "identity"}
    for headers, size in [
        ({}, len(script)),
        ({}, len(script)),
        ({"Range": "bytes=0-9"}, 10),
        ({"If-None-Match": "*"}, 0),
    ]:
        before = traffic.sent
        await (await hub.load(entry, headers={**plain, **headers})).read()
        assert traffic.sent - before == size
    assert (traffic.files.full, traffic.files.unchanged) == (1, 1)
    contents = hub.app[keys.CONTENTS]
    assert (contents.hits + traffic.files.total, contents.misses) == (3, 1)
