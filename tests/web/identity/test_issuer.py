"""Users whom another application vouches for."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from pluginhub.accounts import jwts, users
from pluginhub.app import create_app
from pluginhub.config import Auth
from pluginhub.errors import ConfigError, UnauthenticatedError
from pluginhub.web import keys
from pluginhub.web.identity import issuer
from pluginhub.web.identity.issuer import Issuer
from tests.conftest import OPERATOR, Hub, settings
from tests.web.conftest import serving, with_auth

SECRET = b"0123456789abcdef" * 2
USER = "0123456789abcdef0123456789abcdef"
ME = "/api/v1/auth/me"


def bearer(key: Any = SECRET, algorithm: str = "HS256", **claims: Any) -> dict[str, str]:
    kid = {"kid": claims.pop("kid")} if "kid" in claims else None
    everything = {"sub": USER, "exp": time.time() + 600, **claims}
    return {"Authorization": f"Bearer {jwt.encode(everything, key, algorithm, kid)}"}


async def me(hub: Hub, headers: dict[str, str]) -> tuple[int, Any]:
    async with hub.client.get(ME, headers=headers) as answer:
        found = await answer.json()
        return answer.status, found.get("username") or found["detail"]


def by_secret(tmp_path: Path) -> Any:
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    return with_auth(tmp_path / "data", jwt_secret_file=str(tmp_path / "secret"))


async def test_a_token_of_the_application_makes_its_user_and_lets_them_in(tmp_path: Path) -> None:
    async with serving(by_secret(tmp_path)) as hub:
        headers = bearer(preferred_username="ann")
        assert await me(hub, headers) == (200, "ann")
        assert await me(hub, bearer(preferred_username="other")) == (200, "ann")  # the same id
        assert await me(hub, bearer(b"x" * 32)) == (401, "Invalid token")
        assert await me(hub, bearer(exp=1)) == (401, "Invalid token")
        local = await hub.sign_in(await hub.add_user("ben"))
        assert await me(hub, local) == (200, "ben")
        await users.set_enabled(hub.database, "ann", enabled=False, actor=OPERATOR)
        assert await me(hub, headers) == (401, "Invalid token")
        await users.remove(hub.database, "ann", actor=OPERATOR)
        assert await me(hub, headers) == (200, "ann")  # another account, with nothing in it


async def test_a_token_works_until_its_end_and_its_signature_is_checked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(by_secret(tmp_path)) as hub:
        now = time.time()
        headers = bearer(exp=now + 100)
        assert (await me(hub, headers))[0] == 200

        def fail(*_: object) -> None:
            raise AssertionError

        monkeypatch.setattr(jwts.Rules, "check", fail)
        hub.database._clock = lambda: now + 99
        assert (await me(hub, headers))[0] == 200
        hub.database._clock = lambda: now + 101
        assert (await me(hub, headers))[0] == 401


async def test_it_may_sign_with_keys_that_it_publishes(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    entry = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one"}

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"keys": [entry]})

    app = web.Application()
    app.router.add_get("/jwks", answer)
    async with TestServer(app) as server:
        url = str(server.make_url("/jwks"))
        async with serving(with_auth(tmp_path / "data", jwt_jwks_url=url)) as hub:
            assert (await me(hub, bearer(key, "ES256", kid="one")))[0] == 200
            assert (await me(hub, bearer(key, "ES256")))[0] == 200
            for bad in (bearer(key, "ES256", kid="two"), bearer(kid="one")):
                assert await me(hub, bad) == (401, "Invalid token")


async def test_without_settings_no_foreign_token_is_believed(hub: Hub) -> None:
    assert hub.app[keys.ISSUER] is None
    assert await me(hub, bearer()) == (401, "Invalid token")


async def test_settings_that_cannot_work_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"secret")
    for name, message in [("missing", "cannot be read"), ("short", "needs 32")]:
        config = with_auth(tmp_path / "data", jwt_secret_file=str(tmp_path / name))
        with pytest.raises(ConfigError, match=message):
            await TestServer(create_app(config)).start_server()
    async with serving(settings(tmp_path / "data")):
        pass  # nothing holds the data directory


async def test_the_memory_of_checked_tokens_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(issuer, "_REMEMBERED", 3)
    found = Issuer(jwts.Rules(Auth(jwt_secret_file="x")), SECRET)
    now = time.time()
    for number in range(10):
        token = bearer(sub=f"user{number}")["Authorization"].split()[1]
        await found.check(token, now)
        with pytest.raises(UnauthenticatedError):
            await found.check(token + "x", now)
    assert len(found._checked) == 3
