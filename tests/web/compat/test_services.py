"""E28 and E31: what plugins would run on the server."""

from typing import Any

import pytest

from tests.conftest import Hub
from tests.web.compat.calling import API, caller

MESSAGE = "This server does not run services of plugins; to {} one is up to its operator"


@pytest.mark.parametrize("action", ["start", "stop", "restart"])
async def test_services_are_not_run_and_it_is_said(hub: Hub, action: str) -> None:
    user = await caller(hub)
    url = f"/plugins/Rag/services/{action}"
    answer = {"success": False, "message": MESSAGE.format(action)}
    for more in ({}, {"user_id": "current"}, {"user_id": user.id, "env": {"A": "1"}, "more": 1}):
        assert await user("POST", url, body={"definition_id": "rag", **more}) == answer
    missing: tuple[Any, ...] = ({}, None)
    for empty in missing:
        assert await user.refusal("POST", url, empty) == (400, "definition_id is required")
    body = {"definition_id": "rag", "user_id": "f" * 32}
    answer_to_others = (403, "Cannot access settings for another user")
    assert await user.refusal("POST", url, body) == answer_to_others
    assert (await user.refusal("POST", url, {"definition_id": 1}))[0] == 422


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
async def test_plugins_have_no_endpoints_of_their_own(hub: Hub, method: str) -> None:
    detail = {"detail": "This server does not run endpoints of plugins"}
    for path in ("braindrive-library/projects", "x/y?z=1", ""):
        answer = await hub.client.request(method, f"{API}/plugin-api/{path}", json=None)
        assert answer.status == 404
        assert method == "HEAD" or await answer.json() == detail
