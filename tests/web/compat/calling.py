"""Short ways to call the existing frontend's API, and users who have something."""

from dataclasses import dataclass
from typing import Any

from tests import bundles
from tests.conftest import Hub

API = "/api/v1"
FORECAST = {
    "name": "ForecastCard",
    "display_name": "Forecast",
    "description": "5-day card",
    "icon": "Cloud",
    "category": "utility",
    "priority": 1,
    "props": {"days": 5},
    "required_services": {"api": {"methods": ["get"]}},
    "tags": ["weather"],
}
WEATHER: dict[str, Any] = {
    "name": "Weather Panel",
    "description": "Local forecast",
    "author": "Example Co",
    "icon": "Cloud",
    "category": "utility",
    "scope": "WeatherScope",
    "modules": [FORECAST, {"name": "Map"}],
}


@dataclass
class Caller:
    """A user who is signed in."""

    hub: Hub
    id: str
    headers: dict[str, str]

    async def __call__(self, method: str, path: str, expected: int = 200, body: Any = None) -> Any:
        """Return the JSON of an answer, which must have the expected status."""
        async with self.hub.client.request(
            method, API + path, json=body, headers=self.headers
        ) as answer:
            found = await answer.json()
            assert answer.status == expected, found
            return found

    async def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return status and detail of an answer that is none of success."""
        async with self.hub.client.request(
            method, API + path, json=body, headers=self.headers
        ) as answer:
            found = await answer.json()
            assert found.keys() == {"detail"}, found
            assert isinstance(found["detail"], str)
            return answer.status, found["detail"]


async def caller(hub: Hub, name: str = "ann") -> Caller:
    user = await hub.add_user(name)
    return Caller(hub, user.id, await hub.sign_in(user))


async def with_weather(hub: Hub, name: str = "ann", slug: str = "Weather_Panel") -> Caller:
    """Return a new user who has the plugin, which is published if it was not yet."""
    await hub.publish(bundles.bundle(slug, "1.4.0", **WEATHER))
    user = await caller(hub, name)
    await hub.install(slug, user.headers)
    return user
