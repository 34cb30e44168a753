"""What a user may store is limited, whichever way it comes."""

from pathlib import Path
from typing import Any

import pytest

from pluginhub.config import Quotas
from pluginhub.database.usage import Usage
from pluginhub.errors import QuotaError
from pluginhub.lifecycle import quotas
from pluginhub.web import keys
from tests import bundles
from tests.conftest import Hub, hooked, settings
from tests.web.api.calling import Headers, user
from tests.web.conftest import serving

FEW = Quotas(installations=2, config=1000, states=1000)


def test_who_has_too_much_already_may_have_less_or_the_same() -> None:
    before = Usage(5, 5000, 5000)
    quotas.check(FEW, before, before)
    quotas.check(FEW, before, Usage(4, 100, 5000))
    with pytest.raises(QuotaError, match=r"2 plugins installed \(quotas\.installations\)"):
        quotas.check(FEW, before, Usage(6, 100, 100))


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (Usage(3, 0, 0), "installations"),
        (Usage(0, 1001, 0), "config"),
        (Usage(0, 0, 1001), "states"),
    ],
)
def test_what_is_too_much_is_named_with_its_setting(after: Usage, name: str) -> None:
    with pytest.raises(QuotaError) as caught:
        quotas.check(FEW, Usage(0, 0, 0), after)
    assert caught.value.fields["setting"] == f"quotas.{name}"
    quotas.check(FEW, Usage(0, 0, 0), Usage(2, 1000, 1000))


async def refused(hub: Hub, method: str, path: str, headers: Headers, body: Any = None) -> str:
    """Return which quota refuses a request."""
    url = f"/api/plugins/{path}"
    async with hub.client.request(method, url, json=body, headers=headers) as answer:
        problem = await answer.json()
        assert (answer.status, problem["code"]) == (422, "quota-exceeded"), problem
        return str(problem["quota"])


async def test_nobody_gets_more_than_the_quotas_allow(tmp_path: Path) -> None:
    config = settings(tmp_path / "data").model_copy(update={"quotas": FEW})
    async with serving(config) as hub:
        for slug in ("Clock", "Charts", "Notes"):
            await hub.publish(bundles.bundle(slug))
        greedy = "def on_install(self, context): context.config['a'] = 'x' * 2000"
        await hub.publish(hooked(greedy, "Greedy"))
        ann, ben = await user(hub, "ann"), await user(hub, "ben")
        assert await refused(hub, "POST", "Greedy/install", ann) == "config"
        await hub.install("Clock", ann)
        await hub.install("Charts", ann)
        assert await refused(hub, "POST", "Notes/install", ann) == "installations"
        await hub.install("Notes", ben)
        big = {"config": {"a": "x" * 1200}}
        assert await refused(hub, "PUT", "Clock/config", ann, big) == "config"
        half = {"config": {"a": "x" * 600}}
        for slug, status in (("Clock", 200), ("Charts", 422)):
            url = f"/api/plugins/{slug}/config"
            async with hub.client.put(url, json=half, headers=ann) as answer:
                assert answer.status == status


async def test_lower_quotas_take_nothing_away(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        for slug in ("Clock", "Charts", "Notes"):
            await hub.publish(bundles.bundle(slug))
        ann = await user(hub, "ann")
        for slug in ("Clock", "Charts", "Notes"):
            await hub.install(slug, ann)
    config = settings(tmp_path / "data").model_copy(update={"quotas": Quotas(installations=1)})
    async with serving(config) as hub:
        assert hub.app[keys.RESOURCES].quotas.installations == 1
        for verb in ("disable", "enable"):
            url = f"/api/plugins/Clock/{verb}"
            assert (await hub.client.post(url, headers=ann)).status == 200
        assert (await hub.client.delete("/api/plugins/Notes", headers=ann)).status == 200
