import pytest

from pluginhub.lifecycle.yank import yank
from pluginhub.web import keys
from pluginhub.web.pages import rendering
from tests import bundles
from tests.conftest import OPERATOR, Hub, hooked
from tests.web.api.calling import ask
from tests.web.pages.status.conftest import with_users
from tests.web.pages.visiting import Visitor


async def test_it_shows_how_much_there_is(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann", "ben", "cleo")
    await hub.publish(bundles.bundle(version="2.0.0"))
    stats = await ask(hub, "GET", "system/stats", hub.operator)
    page = await admin.open("/status")
    assert page.status == 200
    expected = ("4 Users", "1 Plugins", "2 Releases", "3 Installations", "0 Managers")
    for text in expected:
        name = text.split()[1]
        assert f"{name} {text.split()[0]}" in page.text
    saved = stats["bytes_unshared"] - stats["bytes_stored"]
    percent = round(100 * saved / stats["bytes_unshared"])
    assert f"{rendering.size(saved)} less than one copy for each user ({percent} %)" in page.text
    assert rendering.size(stats["bytes_database"]) in page.text
    assert "5 done 0 failed , 0.0 %" in page.text.replace("failed,", "failed ,")
    assert "Clock 3 1.0.0 1.0.0 3 users 2" in page.text
    for name in ("Memory", "Disk free", "Up for", "Python", "SQLite"):
        assert name in page.text


async def test_it_shows_what_the_doctor_finds_and_where_to_go(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann")
    await yank(hub.database, "Clock", "1.0.0", actor=OPERATOR)
    page = await admin.open("/status")
    assert "Warning: releases are withdrawn, and still in use: Clock@1.0.0 (1 users)" in page.text
    assert 'href="/status/releases?show=yanked"' in page.html
    assert "Note: there is no backup" in page.text


async def test_failures_are_counted_and_a_manager_is_shown_as_it_is(
    hub: Hub, admin: Visitor
) -> None:
    await hub.publish(
        hooked("async def on_install(self, context):\n    raise ValueError('<b>no</b>')")
    )
    user = await hub.sign_in(await hub.add_user("ann"))
    answer = await hub.client.post("/api/plugins/Clock/install", json={}, headers=user)
    assert answer.status == 502
    page = await admin.open("/status")
    assert "1 done 1 failed, 50.0 %" in " ".join(page.text.split()).replace(" , ", ", ")
    assert "Clock 1.0.0 1 1 1" in page.text
    assert "<b>no</b>" in page.text
    assert "<b>no" not in page.html
    assert "Since the start, loads: 1" in page.text


async def test_what_goes_on_is_shown_with_how_far_it_is(hub: Hub, admin: Visitor) -> None:
    with hub.app[keys.WORKING].on("backup") as progress:
        progress(3, 8)
        page = await admin.open("/status")
    assert "backup 3 of 8" in page.text
    assert '<progress value="3" max="8">' in page.html
    assert "3 of 8" not in (await admin.open("/status")).text


async def test_safe_mode_is_told(hub: Hub, admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(hub.app._state, keys.SAFE_MODE, True)
    page = await admin.open("/status")
    assert "Error: it runs in safe mode" in page.text


async def test_there_are_neither_inline_scripts_nor_styles(hub: Hub, admin: Visitor) -> None:
    await with_users(hub, "ann")
    for path in ("/status", "/status/releases", "/status/users/ann", "/status/audit"):
        html = (await admin.open(path)).html
        assert " style=" not in html
        assert "<style" not in html
        assert "<script>" not in html
