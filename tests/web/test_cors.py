"""Pages of other origins: which may read what, and that no error hides from them."""

import io
from pathlib import Path

import pytest

from pluginhub.web.routing import Handler
from tests.conftest import Hub, settings
from tests.web.conftest import serving

OURS = {"Origin": "http://localhost:5173"}
EVIL = ["https://evil.example", "null", "http://localhost.evil.example:5173", "http://10.0.0.5:80"]
PREFLIGHT = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,content-type",
}
PATHS = ["/api/v1/auth/me", "/api/plugins", "/nowhere", "/healthz", "/api/v1/plugins/x/modules/y"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_can_be_read_by_allowed_origins_only(hub: Hub, path: str) -> None:
    answer = await hub.client.get(path, headers=OURS)
    assert answer.headers["Access-Control-Allow-Origin"] == OURS["Origin"]
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"]
    for origin in (*EVIL, None):
        headers = {"Origin": origin} if origin else {}
        answer = await hub.client.get(path, headers=headers)
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


async def test_errors_can_be_read_too(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    large = io.BytesIO(b" " * 2_000_000)
    headers = {**OURS, "Content-Type": "application/json"}
    answer = await hub.client.post("/api/v1/auth/login", data=large, headers=headers)
    assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (413, True)

    def broken(*_: object) -> Handler:
        raise ZeroDivisionError

    monkeypatch.setattr("pluginhub.accounts.sessions.identify", broken)
    headers = {**OURS, "Authorization": "Bearer x"}
    answer = await hub.client.get("/api/v1/auth/me", headers=headers)
    assert (answer.status, "Access-Control-Allow-Origin" in answer.headers) == (500, True)


@pytest.mark.parametrize("path", PATHS)
async def test_a_preflight_is_answered_without_a_sign_in(hub: Hub, path: str) -> None:
    answer = await hub.client.options(path, headers={**OURS, **PREFLIGHT})
    assert (answer.status, await answer.read()) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == OURS["Origin"]
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert answer.headers["Access-Control-Max-Age"] == "600"


@pytest.mark.parametrize("origin", EVIL)
async def test_a_preflight_of_another_origin_is_refused(hub: Hub, origin: str) -> None:
    answer = await hub.client.options("/api/plugins", headers={"Origin": origin, **PREFLIGHT})
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


async def test_another_list_replaces_the_default(tmp_path: Path) -> None:
    config = settings(tmp_path / "data", cors_origins=("https://app.example.org",))
    async with serving(config) as hub:
        for origin, allowed in [("https://app.example.org", True), (OURS["Origin"], False)]:
            answer = await hub.client.get("/healthz", headers={"Origin": origin})
            assert ("Access-Control-Allow-Origin" in answer.headers) is allowed
    async with serving(settings(tmp_path / "data", cors_origins=())) as hub:
        answer = await hub.client.get("/healthz", headers=OURS)
        assert not {"Vary", "Access-Control-Allow-Origin"} & {*answer.headers}
