"""The form that brings bundles, as a browser without scripts sends it."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp import FormData

from pluginhub.accounts import api_tokens
from pluginhub.config import Server
from pluginhub.web import keys
from tests import bundles
from tests.conftest import OPERATOR, Hub
from tests.web.pages.visiting import Page

Send = Callable[..., Awaitable[Page]]


def form(*files: tuple[str, bytes]) -> FormData:
    data = FormData(quote_fields=False)
    for name, content in files:
        data.add_field("file", content, filename=name, content_type="application/gzip")
    return data


@pytest.fixture(name="send")
async def _send(hub: Hub) -> Send:
    headers = await hub.sign_in(await hub.add_user("root", "admin"))

    async def send(data: FormData | bytes, **more: str) -> Page:
        sent = {**headers, "Accept": "text/html", **more}
        async with hub.client.post("/status/publish", data=data, headers=sent) as answer:
            return Page(answer.status, answer.url.path_qs, await answer.text())

    return send


async def test_bundles_are_published_one_after_the_other(hub: Hub, send: Send) -> None:
    clock, other = bundles.bundle(), bundles.bundle("Map", "2.0.0")
    page = await send(form(("clock.tar.gz", clock), ("map.tar.gz", other)))
    assert page.status == 200
    assert "clock.tar.gz published Clock 1.0.0" in page.text
    assert "map.tar.gz published Map 2.0.0" in page.text
    assert hub.storage.release_path("Map", "2.0.0").is_dir()
    page = await send(form(("again.tar.gz", clock)))
    assert "again.tar.gz published before Clock 1.0.0" in page.text


async def test_each_refusal_is_told_and_the_others_go_on(hub: Hub, send: Send) -> None:
    bad = ("<b>bad.zip", b"this is no archive")
    page = await send(form(bad, ("clock.tar.gz", bundles.bundle())))
    assert page.status == 422
    assert "<b>bad.zip refused" in page.text
    assert "<b>" not in page.html
    assert "clock.tar.gz published" in page.text
    assert list((hub.data / "staging").iterdir()) == []


async def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(
    hub: Hub, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Server(max_upload=200)
    small = hub.app[keys.CONFIG].model_copy(update={"server": limit})
    monkeypatch.setitem(hub.app._state, keys.CONFIG, small)
    page = await send(form(("clock.tar.gz", bundles.bundle())))
    assert (page.status, "larger than 200 bytes" in page.text) == (422, True)
    page = await send(form(("clock.tar.gz", b"x" * 100_000)))
    assert page.status == 413
    assert list((hub.data / "staging").iterdir()) == []


async def test_no_more_than_twenty_are_taken(send: Send) -> None:
    bundle = bundles.bundle()
    page = await send(form(*((f"{number}.tgz", bundle) for number in range(21))))
    assert "20.tgz refused no more than 20 files are taken at once" in page.text


async def test_what_is_no_such_form_is_refused(hub: Hub, send: Send) -> None:
    nothing = FormData()
    nothing.add_field("file", b"", filename="", content_type="application/octet-stream")
    assert (await send(nothing)).status == 422
    other = FormData({"file": "text"})
    other.add_field("more", b"x", filename="x")
    assert (await send(other)).status == 422
    kinds = {
        "application/x-www-form-urlencoded": 415,
        "multipart/form-data": 422,
        "multipart/form-data; boundary=x": 422,
    }
    for kind, status in kinds.items():
        assert (await send(b"--x\r\n", **{"Content-Type": kind})).status == status, kind
    assert not any((hub.data / "shared").iterdir())


async def test_no_api_token_publishes_by_the_page(hub: Hub) -> None:
    ann = await hub.add_user("ann", "admin")
    _, secret = await api_tokens.create(hub.database, ann, "x", ("admin",), None, actor=OPERATOR)
    headers = {"Authorization": f"Bearer {secret}"}
    data = form(("clock.tar.gz", bundles.bundle()))
    assert (await hub.client.post("/status/publish", data=data, headers=headers)).status == 403
