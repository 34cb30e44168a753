"""The catalogue and the verbs over HTTP, as admin, as user and as nobody."""

import io
import json
import re
from typing import Any

import pytest

from pluginhub.manifest import parse
from tests import bundles
from tests.conftest import Hub

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
VERBS = [
    ("POST", "/api/plugins/Clock/install"),
    ("PUT", "/api/plugins/Clock/update"),
    ("POST", "/api/plugins/Clock/enable"),
    ("POST", "/api/plugins/Clock/disable"),
    ("DELETE", "/api/plugins/Clock"),
    ("GET", "/api/plugins/installed"),
]


async def call(
    hub: Hub, method: str, path: str, headers: dict[str, str], body: Any = None
) -> tuple[int, Any]:
    async with hub.client.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def publish(hub: Hub, content: bytes, headers: dict[str, str] | None = None) -> Any:
    headers = hub.operator if headers is None else headers
    body = io.BytesIO(content)
    async with hub.client.post("/api/plugins", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def user(hub: Hub, name: str = "ann") -> dict[str, str]:
    return await hub.sign_in(await hub.add_user(name))


async def installed(hub: Hub, headers: dict[str, str]) -> dict[str, str]:
    _, answer = await call(hub, "GET", "/api/plugins/installed", headers)
    return {item["slug"]: item["version"] for item in answer["installations"]}


async def test_a_new_release_is_created_and_a_known_one_is_answered(hub: Hub) -> None:
    status, first = await publish(hub, bundles.bundle())
    assert (status, first["created"]) == (201, True)
    assert re.fullmatch(r"[0-9a-f]{64}", first["digest"])
    assert TIME.fullmatch(first["published_at"])
    size = sum(len(content) for content in bundles.files().values())
    expected = {"slug": "Clock", "version": "1.0.0", "size": size, "modules": ["Face"]}
    assert {key: first[key] for key in expected} == expected
    assert await publish(hub, bundles.bundle()) == (200, {**first, "created": False})


async def test_the_same_files_in_another_archive_are_the_same_release(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    reordered = dict(reversed(bundles.files().items()))
    assert (await publish(hub, bundles.tar_gz(reordered, top="clock-1.0.0")))[0] == 200


async def test_other_bytes_of_a_version_are_a_conflict(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    status, problem = await publish(hub, bundles.bundle(description="other"))
    assert (status, problem["code"]) == (409, "release-exists")
    assert (problem["slug"], problem["version"]) == ("Clock", "1.0.0")


BAD_BUNDLES = [
    (b"", "bundle-not-an-archive"),
    (b"nonsense", "bundle-not-an-archive"),
    (bundles.bundle()[:50], "bundle-truncated"),
    (bundles.tar_gz({"a.js": b""}), "bundle-no-manifest"),
    (bundles.tar_gz({"../a.js": b""}), "bundle-unsafe-path"),
    (bundles.bundle(version="one"), "bundle-bad-version"),
    (bundles.bundle(user_id="x"), "bundle-bad-manifest"),
]


async def test_a_bad_bundle_is_refused_with_its_reason(hub: Hub) -> None:
    for content, code in BAD_BUNDLES:
        status, problem = await publish(hub, content)
        assert (status, problem["code"]) == (422, code)
    assert (await call(hub, "GET", "/api/plugins", hub.operator))[1] == {"plugins": []}
    assert list((hub.data / "staging").iterdir()) == list((hub.data / "shared").iterdir()) == []


async def test_a_compressed_body_is_refused(hub: Hub) -> None:
    headers = {**hub.operator, "Content-Encoding": "gzip"}
    assert (await publish(hub, bundles.bundle(), headers))[0] == 415


async def test_only_admins_publish(hub: Hub) -> None:
    assert (await publish(hub, bundles.bundle(), await user(hub)))[0] == 403
    assert (await publish(hub, bundles.bundle(), {}))[0] == 401
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    assert (await publish(hub, bundles.bundle(), root))[0] == 201


async def test_the_catalogue_lists_every_plugin_highest_version_first(hub: Hub) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        await publish(hub, bundles.bundle(version=version, name=f"Clock {version}"))
    await publish(hub, bundles.bundle("Map"))
    ann = await user(hub)
    await hub.install("Clock", ann, "1.9.0")
    status, answer = await call(hub, "GET", "/api/plugins", ann)
    clock, other = answer["plugins"]
    assert (status, clock["slug"], other["slug"]) == (200, "Clock", "Map")
    assert (clock["latest_version"], clock["name"]) == ("1.10.0", "Clock 1.10.0")
    found = [(release["version"], release["users"]) for release in clock["releases"]]
    assert found == [("2.0.0-rc.1", 0), ("1.10.0", 0), ("1.9.0", 1)]


async def test_one_plugin_is_shown_as_in_the_catalogue(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    _, catalogue = await call(hub, "GET", "/api/plugins", hub.operator)
    for slug in ("Clock", "cLOCK"):
        assert await call(hub, "GET", f"/api/plugins/{slug}", hub.operator) == (
            200,
            catalogue["plugins"][0],
        )


async def test_a_plugin_that_does_not_exist_is_not_found(hub: Hub) -> None:
    ann = await user(hub)
    for method, path in [*VERBS[:5], ("GET", "/api/plugins/Clock")]:
        status, problem = await call(hub, method, path, ann)
        assert (status, problem["code"]) == (404, "not-found"), path
    for slug in ("%00", "%ff", "..%2f", "'", "a" * 3000, "installed%00"):
        assert (await call(hub, "GET", f"/api/plugins/{slug}", ann))[0] == 404


async def test_a_user_installs_updates_and_gives_up_a_plugin(hub: Hub) -> None:
    for version in ("1.0.0", "1.1.0"):
        await publish(hub, bundles.bundle(version=version))
    ann = await user(hub)
    status, answer = await call(
        hub, "POST", "/api/plugins/clock/install", ann, {"version": "1.0.0"}
    )
    assert status == 201
    assert TIME.fullmatch(answer.pop("installed_at"))
    assert TIME.fullmatch(answer.pop("updated_at"))
    assert answer == {"slug": "Clock", "version": "1.0.0", "enabled": True, "config": {}}
    status, answer = await call(hub, "PUT", "/api/plugins/clock/update", ann)
    assert (status, answer["version"], answer["previous_version"]) == (200, "1.1.0", "1.0.0")
    assert await installed(hub, ann) == {"Clock": "1.1.0"}
    status, answer = await call(hub, "DELETE", "/api/plugins/clock", ann)
    assert (status, answer["version"]) == (200, "1.1.0")
    assert await installed(hub, ann) == {}


@pytest.mark.parametrize("body", [None, {}, {"version": None}])
async def test_without_a_version_the_highest_is_installed(hub: Hub, body: Any) -> None:
    for version in ("1.10.0", "1.9.0"):
        await publish(hub, bundles.bundle(version=version))
    ann = await user(hub)
    status, answer = await call(hub, "POST", "/api/plugins/Clock/install", ann, body)
    assert (status, answer["version"]) == (201, "1.10.0")


async def test_a_plugin_is_installed_once(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann = await user(hub)
    await hub.install("Clock", ann)
    status, problem = await call(hub, "POST", "/api/plugins/clock/install", ann)
    assert (status, problem["code"], problem["version"]) == (409, "already-installed", "1.0.0")


async def test_a_version_that_does_not_exist_is_not_found(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann = await user(hub)
    body = {"version": "9.9.9"}
    assert (await call(hub, "POST", "/api/plugins/Clock/install", ann, body))[0] == 404
    await hub.install("Clock", ann)
    assert (await call(hub, "PUT", "/api/plugins/Clock/update", ann, body))[0] == 404
    assert await installed(hub, ann) == {"Clock": "1.0.0"}


BAD_CHOICES: list[Any] = [
    *({"version": bad} for bad in (1, "", "../1", "1" * 65, "1\x00", ["1.0.0"], True)),
    *({"version": "1.0.0", key: "x"} for key in ("user_id", "user", "role", "path", "slug")),
    *({"release_id": 1}, {"enabled": False}, {"config": {}}, [], "1.0.0", 1, True),
]


async def test_a_bad_choice_is_refused(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ben)
    for body in BAD_CHOICES:
        assert (await call(hub, "POST", "/api/plugins/Clock/install", ann, body))[0] == 422, body
        assert (await call(hub, "PUT", "/api/plugins/Clock/update", ben, body))[0] == 422, body
    assert await installed(hub, ann) == {}


async def test_a_plugin_is_switched_off_and_on(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann = await user(hub)
    await hub.install("Clock", ann)
    for verb, enabled in [("disable", False), ("disable", False), ("enable", True)]:
        status, answer = await call(hub, "POST", f"/api/plugins/clock/{verb}", ann)
        assert (status, answer["enabled"]) == (200, enabled)


@pytest.mark.parametrize("role", ["admin", "operator"])
async def test_an_admin_acts_for_a_user(hub: Hub, role: str) -> None:
    await publish(hub, bundles.bundle())
    ann = await user(hub)
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    headers = root if role == "admin" else hub.operator
    statuses = [(await call(hub, verb, f"{path}?user=ANN", headers))[0] for verb, path in VERBS]
    assert statuses == [201, 200, 200, 200, 200, 200]
    await call(hub, "POST", "/api/plugins/Clock/install?user=ann", headers)
    assert await installed(hub, ann) == {"Clock": "1.0.0"}
    assert await installed(hub, root) == {}


async def test_an_admin_cannot_act_for_nobody(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    for method, path in VERBS:
        status, problem = await call(hub, method, f"{path}?user=ghost", hub.operator)
        assert (status, problem["user"]) == (404, "ghost")
        assert (await call(hub, method, path, hub.operator))[0] == 401


async def test_a_user_acts_for_nobody_else(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ben)
    for name in ("ben", "ann", "ghost"):
        for method, path in VERBS:
            assert (await call(hub, method, f"{path}?user={name}", ann))[0] == 403
    assert await installed(hub, ben) == {"Clock": "1.0.0"}
    assert await installed(hub, ann) == {}


async def test_what_one_user_does_touches_no_other(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    ann, ben = await user(hub), await user(hub, "ben")
    await hub.install("Clock", ann)
    await hub.install("Clock", ben)
    before = await call(hub, "GET", "/api/plugins/installed", ben)
    await publish(hub, bundles.bundle(version="2.0.0"))
    for method, path in VERBS[1:]:
        await call(hub, method, path, ann)
    assert await call(hub, "GET", "/api/plugins/installed", ben) == before


async def test_anonymous_is_refused_everywhere(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    for method, path in [*VERBS, ("GET", "/api/plugins"), ("GET", "/api/plugins/Clock")]:
        assert (await call(hub, method, path, {}))[0] == 401, path


async def test_the_schema_of_manifests_is_public_and_describes_a_real_one(hub: Hub) -> None:
    answer = await hub.client.get("/manifest-schema.json")
    schema = json.loads(await answer.read())
    assert (answer.status, answer.content_type) == (200, "application/schema+json")
    manifest = bundles.manifest()
    assert {*schema["required"]} <= manifest.keys() <= schema["properties"].keys()
    assert parse(json.dumps(manifest).encode()).slug == "Clock"
