"""What is published, over HTTP: as admin, as owner, as user and as nobody."""

import io
import json
import re
from typing import Any

from pluginhub.manifest import parse
from tests import bundles
from tests.conftest import Hub, hooked
from tests.packages import FAMILIES
from tests.web.api.calling import TIME, ask, call, everything, installed, refusal, user

YANK = "Clock/releases/1.1.0/yank"


async def publish(
    hub: Hub, content: bytes, headers: dict[str, str] | None = None, query: str = ""
) -> Any:
    headers = hub.operator if headers is None else headers
    body = io.BytesIO(content)
    async with hub.client.post(f"/api/plugins{query}", data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def with_two_releases(hub: Hub) -> None:
    for version in ("1.0.0", "1.1.0"):
        await publish(hub, bundles.bundle(version=version))


async def test_a_new_release_is_created_and_a_known_one_is_answered(hub: Hub) -> None:
    status, first = await publish(hub, bundles.bundle())
    assert (status, first["created"]) == (201, True)
    assert re.fullmatch(r"[0-9a-f]{64}", first["digest"])
    assert TIME.fullmatch(first["published_at"])
    size = sum(len(content) for content in bundles.files().values())
    expected = {"slug": "Clock", "version": "1.0.0", "size": size, "modules": ["Face"]}
    assert {key: first[key] for key in expected} == expected
    assert await publish(hub, bundles.bundle()) == (200, {**first, "created": False})


async def test_a_dry_run_answers_what_publishing_would_and_keeps_nothing(hub: Hub) -> None:
    more: dict[str, Any] = {"dependencies": {"Map": "^1"}, "requires": {"host": ">=1"}}
    contents = [
        hooked("pass", permissions=["audio"], **more),
        bundles.tar_gz(FAMILIES["non_literal"]("Things", "1.0.0")),
    ]
    for content in contents:
        before = await everything(hub)
        status, shown = await publish(hub, content, query="?dry_run=true")
        assert (status, shown.pop("dry_run"), shown["created"]) == (200, True, True)
        assert await everything(hub) == before
        assert TIME.fullmatch(shown.pop("published_at"))
        status, done = await publish(hub, content)
        at = done.pop("published_at")
        assert (status, done) == (201, shown)
        before = await everything(hub)
        status, again = await publish(hub, content, query="?dry_run=1")
        known = {**done, "published_at": at, "created": False, "dry_run": True}
        assert (status, again) == (200, known)
        assert await everything(hub) == before


async def test_a_dry_run_refuses_what_publishing_would(hub: Hub) -> None:
    await publish(hub, bundles.bundle())
    before = await everything(hub)
    bad = [
        *BAD_BUNDLES,
        (bundles.bundle(description="other"), "release-exists"),
        (bundles.bundle("cLOCK", "2.0.0"), "conflict"),
        (bundles.bundle(dependencies={"Map": "one"}), "bundle-bad-manifest"),
    ]
    for content, code in bad:
        dry = await publish(hub, content, query="?dry_run=true")
        assert dry[1]["code"] == code
        assert dry == await publish(hub, content)
    assert (await publish(hub, bundles.bundle(), await user(hub), "?dry_run=true"))[0] == 403
    after = await everything(hub)
    for rows in (before, after):
        rows.pop("users")
        rows.pop("tokens")
        rows.pop("audit")
    assert after == before


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
    assert (await call(hub, "GET", "/api/plugins", hub.operator))[1] == {"plugins": [], "total": 0}
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


async def test_the_schema_of_manifests_is_public_and_describes_a_real_one(hub: Hub) -> None:
    answer = await hub.client.get("/manifest-schema.json")
    schema = json.loads(await answer.read())
    assert (answer.status, answer.content_type) == (200, "application/schema+json")
    manifest = bundles.manifest()
    assert {*schema["required"]} <= manifest.keys() <= schema["properties"].keys()
    assert parse(json.dumps(manifest).encode()).slug == "Clock"


async def test_a_release_tells_what_it_asks_for(hub: Hub) -> None:
    more: dict[str, Any] = {
        "dependencies": {"Map": "^1.2"},
        "conflicts": {"Sundial": "<2 || >=3"},
        "requires": {"host": ">=1.0"},
        "permissions": ["storage.read"],
    }
    _, found = await publish(hub, hooked("pass", **more))
    assert {key: found[key] for key in more} == more
    assert (found["hooks"], found["other_versions"]) == ("pluginhub", {})
    assert (found["yanked"], found["yank_reason"]) == (False, None)


async def test_a_package_of_the_older_system_is_a_release_as_well(hub: Hub) -> None:
    content = bundles.tar_gz(FAMILIES["disagreeing"]("Clock", "1.0.0"))
    status, found = await publish(hub, content)
    assert (status, found["slug"], found["modules"]) == (201, "Clock", ["Main", "Small"])
    assert (found["hooks"], found["other_versions"]) == ("braindrive", {"package.json": "9.9.9"})


BAD_MANIFESTS: list[tuple[dict[str, Any], str]] = [
    ({"dependencies": {"Map": "one"}}, "dependencies.Map: "),
    ({"conflicts": {"Map": ">>1"}}, "conflicts.Map: "),
    ({"requires": {"host": "newest"}}, "requires.host: "),
    ({"config_schema": {"type": "nothing"}}, "config_schema: "),
    ({"hooks": "missing.py"}, "hooks: "),
]


async def test_what_a_manifest_asks_for_is_read_before_it_is_published(hub: Hub) -> None:
    for more, path in BAD_MANIFESTS:
        status, problem = await publish(hub, bundles.bundle(**more))
        assert (status, problem["code"]) == (422, "bundle-bad-manifest"), more
        assert path in problem["detail"]
    assert (await call(hub, "GET", "/api/plugins", hub.operator))[1] == {"plugins": [], "total": 0}


async def test_a_withdrawn_release_is_marked_with_its_reason_until_it_comes_back(hub: Hub) -> None:
    await with_two_releases(hub)
    before = await ask(hub, "GET", "Clock", hub.operator)
    found = await ask(hub, "PUT", YANK, hub.operator, {"reason": "it runs backwards"})
    assert (found["slug"], found["version"], found["yanked"]) == ("Clock", "1.1.0", True)
    assert found["yank_reason"] == "it runs backwards"
    shown = await ask(hub, "GET", "Clock", hub.operator)
    assert [release["yanked"] for release in shown["releases"]] == [True, False]
    assert shown["latest_version"] == "1.0.0"
    again = await ask(hub, "DELETE", YANK, hub.operator)
    assert (again["yanked"], again["yank_reason"]) == (False, None)
    assert await ask(hub, "GET", "Clock", hub.operator) == before


async def test_a_dry_run_of_a_withdrawal_says_who_has_the_release_and_changes_nothing(
    hub: Hub,
) -> None:
    await with_two_releases(hub)
    nobody = ("kept", "nobody has Clock@1.1.0")
    withheld = ("withheld", "nobody new gets Clock@1.1.0")
    assert await notes_of_dry_run(hub, "PUT") == ("yank", [nobody, withheld])
    await hub.install("Clock", await user(hub))
    one = ("kept", "1 user has Clock@1.1.0, and will keep it")
    assert await notes_of_dry_run(hub, "PUT") == ("yank", [one, withheld])
    ben = await user(hub, "ben")
    await hub.install("Clock", ben)
    await hub.install("Clock", await user(hub, "cleo"), "1.0.0")
    two = ("kept", "2 users have Clock@1.1.0, and will keep it")
    assert await notes_of_dry_run(hub, "PUT") == ("yank", [two, withheld])
    idle = ("not-withdrawn", "Clock@1.1.0 is not withdrawn")
    assert await notes_of_dry_run(hub, "DELETE") == ("unyank", [two, idle])
    await ask(hub, "PUT", YANK, hub.operator)
    already = "Clock@1.1.0 is withdrawn already; only the reason would be another"
    expected = [two, withheld, ("withdrawn-already", already)]
    assert await notes_of_dry_run(hub, "PUT") == ("yank", expected)
    offered = ("offered", "Clock@1.1.0 is offered to everybody again")
    assert await notes_of_dry_run(hub, "DELETE") == ("unyank", [two, offered])
    for method in ("PUT", "DELETE"):
        assert (await refusal(hub, method, f"{YANK}?dry_run=1", ben))[:2] == (403, "forbidden")


async def notes_of_dry_run(hub: Hub, method: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the verb and the notes that a dry run answers, which changes nothing."""
    before = await everything(hub)
    body = {"reason": "late"} if method == "PUT" else None
    answer = await ask(
        hub, method, f"{YANK.replace('Clock', 'clock')}?dry_run=1", hub.operator, body
    )
    assert await everything(hub) == before
    plan = answer.pop("plan")
    assert (answer, plan["steps"], plan["blocked"]) == ({}, [], [])
    assert {note["slug"] for note in plan["notes"]} == {"Clock"}
    return plan["verb"], [(note["code"], note["text"]) for note in plan["notes"]]


async def test_a_plugin_of_which_all_is_withdrawn_is_still_shown(hub: Hub) -> None:
    await with_two_releases(hub)
    for version in ("1.0.0", "1.1.0"):
        await ask(hub, "PUT", f"Clock/releases/{version}/yank", hub.operator)
    shown = await ask(hub, "GET", "Clock", hub.operator)
    assert (shown["latest_version"], len(shown["releases"])) == ("1.1.0", 2)


async def test_nobody_new_gets_a_withdrawn_release(hub: Hub) -> None:
    await with_two_releases(hub)
    ann, ben = await user(hub), await user(hub, "ben")
    await ask(hub, "PUT", YANK, hub.operator)
    refused = await refusal(hub, "POST", "Clock/install", ann, {"version": "1.1.0"})
    assert refused[:2] == (409, "yanked")
    assert "1.1.0" in refused[2]
    await hub.install("Clock", ann)
    assert await installed(hub, ann) == {"Clock": "1.0.0"}
    assert (await ask(hub, "PUT", "Clock/update", ann))["version"] == "1.0.0"
    await ask(hub, "DELETE", YANK, hub.operator)
    await hub.install("Clock", ben, "1.1.0")


async def test_who_has_a_withdrawn_release_keeps_it_and_sees_a_notice(hub: Hub) -> None:
    await with_two_releases(hub)
    ann = await user(hub)
    await hub.install("Clock", ann)
    before = await hub.designer(ann)
    for body, notice in [
        ({"reason": "it stops"}, "Clock 1.1.0 was withdrawn: it stops"),
        ({}, "Clock 1.1.0 was withdrawn"),
    ]:
        await ask(hub, "PUT", YANK, hub.operator, body)
        [found] = (await ask(hub, "GET", "installed", ann))["installations"]
        assert found["notice"] == notice
    assert await hub.designer(ann) == before
    assert (await hub.load(before["Clock"])).status == 200
    await ask(hub, "DELETE", YANK, hub.operator)
    [found] = (await ask(hub, "GET", "installed", ann))["installations"]
    assert found["notice"] is None


async def test_only_owners_and_admins_withdraw(hub: Hub) -> None:
    owner = await hub.add_user("owner", "admin")
    await publish(hub, bundles.bundle(version="1.1.0"), await hub.sign_in(owner))
    async with hub.database.transaction() as tx:
        await tx.execute("UPDATE users SET role = 'user' WHERE id = ?", (owner.id,))
    ann, owners = await user(hub), await hub.sign_in(owner)
    root = await hub.sign_in(await hub.add_user("root", "admin"))
    before = await everything(hub)
    for method in ("PUT", "DELETE"):
        refused = await refusal(hub, method, YANK, ann)
        assert refused == (403, "forbidden", "Clock belongs to someone else")
        assert (await call(hub, method, f"/api/plugins/{YANK}", {}))[0] == 401
    assert await everything(hub) == before
    for headers in (owners, root):
        assert (await ask(hub, "PUT", YANK, headers))["yanked"]
        assert not (await ask(hub, "DELETE", YANK, headers))["yanked"]


async def test_what_is_not_published_cannot_be_withdrawn(hub: Hub) -> None:
    await with_two_releases(hub)
    for path in ("Clock/releases/9.9.9/yank", "Map/releases/1.1.0/yank"):
        for method in ("PUT", "DELETE"):
            assert (await refusal(hub, method, path, hub.operator))[:2] == (404, "not-found")


async def test_a_reason_is_one_line(hub: Hub) -> None:
    await with_two_releases(hub)
    bad: list[Any] = [{"reason": "a\nb"}, {"reason": "x" * 201}, {"reason": 1}, {"why": "x"}, []]
    for body in bad:
        assert (await refusal(hub, "PUT", YANK, hub.operator, body))[:2] == (422, "invalid"), body
    assert not (await ask(hub, "GET", "Clock", hub.operator))["releases"][0]["yanked"]


async def test_publishing_tells_what_would_have_to_be_run_to_be_known(hub: Hub) -> None:
    _, published = await publish(hub, bundles.tar_gz(FAMILIES["non_literal"]("Things", "1.0.0")))
    assert published["unread"] == ["plugin_data.config_fields.home.default"]
    assert published["hooks"] == "braindrive"
