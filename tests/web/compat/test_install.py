"""E18: an admin uploads a bundle, which is published and installed, or nothing happens."""

import asyncio
import base64
import errno
import glob
import gzip
import io
import os
import re
from asyncio import StreamWriter
from collections.abc import AsyncIterator, Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData, web

from pluginhub.config import Config, Storage
from pluginhub.database.connection import Connection, fetch_all
from pluginhub.storage import tree
from tests import bundles
from tests.conftest import Hub, hooked, settings
from tests.packages import FAILING, FAMILIES
from tests.web import raw
from tests.web.compat.world import REPOSITORY, World, made
from tests.web.conftest import serving

URL = "/api/v1/plugins/install"
MODULES = [{"name": "Face"}, {"name": "Alarm"}]
TABLES = ("plugins", "releases", "release_files", "installations", "plugin_states", "audit")


def form(content: bytes | None, filename: str = "clock.tar.gz", **fields: str) -> FormData:
    """Return the form that the frontend sends; an empty field is left out."""
    data = FormData(default_to_multipart=True)
    for name, value in {"method": "local-file", "filename": filename, **fields}.items():
        if value:
            data.add_field(name, value)
    if content is not None:
        data.add_field("file", io.BytesIO(content), filename="blob")
    return data


async def admin(hub: Hub) -> dict[str, str]:
    return await hub.sign_in(await hub.add_user("root", "admin"))


async def rows(hub: Hub) -> dict[str, int]:
    async with hub.database.snapshot() as connection:
        return {name: await count(connection, name) for name in TABLES}


async def count(connection: Connection, table: str) -> int:
    [row] = await fetch_all(connection, f"SELECT count(*) FROM {table}")
    return int(row[0])


def kept(hub: Hub) -> list[str]:
    """Return what lies in staging and trash, and the releases in shared storage."""
    passing = [path for name in ("staging", "trash") for path, _, _ in os.walk(hub.data / name)]
    # Not Path.glob, which fails where a directory goes away meanwhile.
    return [*passing, *glob.glob(f"{hub.data}/shared/*/*")]  # noqa: PTH207


async def refused(
    hub: Hub, headers: dict[str, str], data: Any, audited: int = 0
) -> tuple[int, Any]:
    """Post something that must not leave a trace but in the audit; return status and detail."""
    before = await rows(hub), kept(hub)
    async with hub.client.post(URL, data=data, headers=headers) as answer:
        detail = (await answer.json())["detail"]
    after = await rows(hub), kept(hub)
    after[0]["audit"] -= audited
    assert after == before
    return answer.status, detail


async def test_a_success_answers_what_the_frontend_reads(hub: Hub) -> None:
    user = await hub.add_user("root", "admin")
    headers = await hub.sign_in(user)
    bundle = bundles.bundle("Weather_Panel", modules=MODULES)
    answer = await hub.client.post(URL, data=form(bundle, "weather.tar.gz"), headers=headers)
    assert (answer.status, await answer.json()) == (
        200,
        {
            "status": "success",
            "message": "Plugin 'weather.tar.gz' installed successfully from local file",
            "data": {
                "plugin_id": f"{user.id}_Weather_Panel",
                "plugin_slug": "Weather_Panel",
                "modules_created": [
                    f"{user.id}_Weather_Panel_Face",
                    f"{user.id}_Weather_Panel_Alarm",
                ],
                "plugin_directory": None,
                "source": "local-file",
                "filename": "weather.tar.gz",
                "file_size": len(bundle),
                "version": "1.0.0",
            },
        },
    )
    assert [*await hub.designer(headers)] == ["Weather_Panel"]


async def test_only_the_hooks_of_a_bundle_are_run(hub: Hub) -> None:
    canary = hub.data / "executed"
    code = f"open({str(canary)!r}, 'w')".encode()
    names = ["lifecycle_manager.py", "setup.py", "__init__.py", "conftest.py", "pluginhub.py"]
    content = bundles.tar_gz({**bundles.files(), **dict.fromkeys(names, code)})
    answer = await hub.client.post(URL, data=form(content), headers=await admin(hub))
    assert (answer.status, canary.exists()) == (200, False)


async def test_hooks_are_run_for_the_one_who_uploads(hub: Hub) -> None:
    content = hooked("def on_install(self, context): context.config['for'] = context.user_name")
    headers = await admin(hub)
    answer = await hub.client.post(URL, data=form(content), headers=headers)
    assert answer.status == 200
    config = await hub.client.get("/api/plugins/Clock/config", headers=headers)
    assert (await config.json())["set"] == {"for": "root"}


@pytest.mark.parametrize("family", ["template", "functions", "rag"])
async def test_a_package_of_the_older_system_is_installed_with_its_hooks(
    hub: Hub, family: str
) -> None:
    user = await hub.add_user("root", "admin")
    headers = await hub.sign_in(user)
    content = bundles.tar_gz(FAMILIES[family]("Old_Clock", "1.2.3"), top="Old_Clock-1.2.3")
    answer = await hub.client.post(URL, data=form(content, "old.tgz"), headers=headers)
    data = (await answer.json())["data"]
    assert (data["plugin_slug"], data["version"]) == ("Old_Clock", "1.2.3")
    assert data["plugin_id"] == f"{user.id}_Old_Clock"
    entry = (await hub.designer(headers))["Old_Clock"]
    assert [module["id"] for module in entry["modules"]] == data["modules_created"]
    assert (await hub.load(entry)).status == 200
    answer = await hub.client.delete("/api/plugins/Old_Clock", headers=headers)
    assert answer.status == 200, await answer.text()


def failing_hooks() -> dict[str, bytes]:
    made = {name: bundles.tar_gz(family("Clock", "1.0.0")) for name, family in FAILING.items()}
    return {**made, "native": hooked("def on_install(self, context): raise ValueError('no')")}


@pytest.mark.parametrize("name", failing_hooks())
async def test_a_release_whose_hook_fails_is_taken_back(hub: Hub, name: str) -> None:
    headers, content = await admin(hub), failing_hooks()[name]
    answer = await refused(hub, headers, form(content), audited=3)
    if name == "refusing":
        step, message = "lifecycle_manager_install", "Plugin installation failed: the "
    else:
        step, message = "lifecycle_manager_execution", "Installation process failed: the "
    details = check_failure(answer, step, message)
    assert (details["code"], details["plugin_slug"]) == ("hook-failed", "Clock")
    assert details.get("exception_type") == (None if name == "refusing" else "HookRaisedError")
    assert await hub.designer(headers) == {}
    assert await managers(hub) == []
    # the same version can be uploaded once it is mended
    mended = await hub.client.post(URL, data=form(bundles.bundle()), headers=headers)
    assert (mended.status, [*await hub.designer(headers)]) == (200, ["Clock"])


async def managers(hub: Hub) -> list[Any]:
    answer = await hub.client.get("/api/managers", headers=hub.operator)
    found: list[Any] = (await answer.json())["managers"]
    return found


async def test_what_is_taken_back_is_in_the_audit(hub: Hub) -> None:
    content = hooked("def on_install(self, context): raise ValueError('no')")
    await hub.client.post(URL, data=form(content), headers=await admin(hub))
    answer = await hub.client.get("/api/audit?slug=Clock", headers=hub.operator)
    entries = [(item["action"], item["result"]) for item in (await answer.json())["audit"]]
    assert entries == [("withdraw", "done"), ("install", "hook-failed"), ("publish", "done")]


async def test_a_release_that_was_there_before_stays_when_its_hook_fails(hub: Hub) -> None:
    content = hooked("def on_install(self, context): raise ValueError('no')")
    await hub.publish(content)
    await refused(hub, await admin(hub), form(content), audited=2)  # published again, failed
    assert hub.storage.release_path("Clock", "1.0.0").is_dir()


async def test_a_package_that_needs_what_is_not_there_is_taken_back(hub: Hub) -> None:
    content = bundles.bundle(dependencies={"Map": "^1"})
    answer = await refused(hub, await admin(hub), form(content), audited=3)
    details = check_failure(answer, "lifecycle_manager_install", "Plugin installation failed: .")
    assert details["code"] == "unsatisfiable"
    assert "needs map ^1" in answer[1]["message"].lower()


async def test_the_file_may_come_before_the_fields(hub: Hub) -> None:
    data = FormData()
    data.add_field("file", io.BytesIO(bundles.bundle()), filename="blob")
    data.add_field("filename", "clock.tgz")
    data.add_field("method", "local-file")
    answer = await hub.client.post(URL, data=data, headers=await admin(hub))
    assert (answer.status, (await answer.json())["data"]["filename"]) == (200, "clock.tgz")


async def test_the_name_of_the_file_part_is_taken_if_there_is_no_other(hub: Hub) -> None:
    data = FormData()
    data.add_field("method", "local-file")
    data.add_field("file", io.BytesIO(bundles.bundle()), filename="clock.tar.gz")
    answer = await hub.client.post(URL, data=data, headers=await admin(hub))
    assert (answer.status, (await answer.json())["data"]["filename"]) == (200, "clock.tar.gz")


async def test_a_release_that_is_published_already_is_just_installed(hub: Hub) -> None:
    await hub.publish(bundles.bundle())
    answer = await hub.client.post(URL, data=form(bundles.bundle()), headers=await admin(hub))
    assert (answer.status, (await rows(hub))["releases"]) == (200, 1)


@pytest.mark.parametrize("version", ["1.0.0", "3.0.0-rc.1"])
async def test_what_is_uploaded_is_installed_even_if_it_is_not_the_highest(
    hub: Hub, version: str
) -> None:
    await hub.publish(bundles.bundle(version="2.0.0"))
    headers = await admin(hub)
    data = form(bundles.bundle(version=version))
    answer = await hub.client.post(URL, data=data, headers=headers)
    assert (answer.status, (await answer.json())["data"]["version"]) == (200, version)
    assert (await hub.designer(headers))["Clock"]["version"] == version


FILENAMES = ["/etc/x.zip", "../../x.zip", "..\\x.zip", "C:\\x.zip", "x\x00.zip", "ä \u202e.zip"]


async def test_the_filename_is_never_a_path(hub: Hub) -> None:
    headers = await admin(hub)
    for number, filename in enumerate(FILENAMES):
        data = form(bundles.bundle(f"Clock{number}"), filename)
        answer = await hub.client.post(URL, data=data, headers=headers)
        assert answer.status == 200, filename
        assert "/" not in (await answer.json())["data"]["filename"]
    assert list(hub.data.parent.rglob("*.zip")) == []
    assert not Path("/etc/x.zip").exists()


async def test_a_very_long_filename_is_cut(hub: Hub) -> None:
    data = form(bundles.bundle(), "a" * 4000 + ".zip")
    answer = await hub.client.post(URL, data=data, headers=await admin(hub))
    assert (answer.status, (await answer.json())["data"]["filename"]) == (200, "a" * 255)


async def test_only_admins_may_upload(hub: Hub) -> None:
    user = await hub.sign_in(await hub.add_user("ann"))
    assert await refused(hub, user, form(bundles.bundle())) == (403, "Admin required")
    assert await refused(hub, {}, form(bundles.bundle())) == (401, "Not authenticated")
    assert (await refused(hub, hub.operator, form(bundles.bundle())))[0] == 401


NO_FILE = "file is required for local file installation"
FORMATS = "Unsupported file format. Supported formats: .zip, .tar.gz, .tgz"
METHOD_TEXT = "Unsupported installation method: magic. Supported methods: 'github', 'local-file'"
NO_REPOSITORY = "repo_url is required for GitHub installation"


async def test_a_form_that_is_not_as_it_must_be_is_refused_in_words(hub: Hub) -> None:
    headers = await admin(hub)
    assert await refused(hub, headers, form(b"x", method="magic")) == (400, METHOD_TEXT)
    assert await refused(hub, headers, form(None, method="github")) == (400, NO_REPOSITORY)
    assert await refused(hub, headers, form(None)) == (400, NO_FILE)
    assert await refused(hub, headers, form(b"x", method="")) == (422, "method: required")
    for filename in ("clock.rar", "clock.exe", "zip", "clock", ".tar.gz ", "clock.zip.js"):
        assert await refused(hub, headers, form(b"x", filename)) == (400, FORMATS), filename


def check_failure(answer: tuple[int, Any], step: str, message: str) -> dict[str, Any]:
    """Check the parts that the frontend's progress display reads, and return the details."""
    status, detail = answer
    assert status == 400
    assert detail.keys() == {"message", "details", "suggestions"}
    assert re.match(message, detail["message"])
    assert detail["suggestions"]
    assert all(isinstance(suggestion, str) for suggestion in detail["suggestions"])
    details: dict[str, Any] = detail["details"]
    assert details["step"] == step
    return details


BAD_ARCHIVES = [
    (b"", "bundle-not-an-archive"),
    (b"no archive", "bundle-not-an-archive"),
    (b"PK\x03\x04 no archive either", "bundle-"),
    (bundles.bundle()[:-20], "bundle-"),
    (bundles.tar_gz({"../evil.js": b"x"}), "bundle-unsafe-path"),
    (bundles.tar_gz({"/evil.js": b"x"}), "bundle-absolute-path"),
]
BAD_MANIFESTS = [
    (bundles.tar_gz({"a.js": b"x"}), r"neither pluginhub\.json nor lifecycle_manager\.py"),
    (bundles.tar_gz({"pluginhub.json": b"{"}), "Invalid JSON"),
    (bundles.tar_gz({"pluginhub.json": b"{}"}), "slug: required"),
    (bundles.bundle(version="one"), "version"),
    (bundles.bundle(slug="../x"), "slug"),
    (bundles.bundle(slug="manifest"), "reserved"),
    (bundles.bundle(modules=[]), "modules"),
    (bundles.bundle(entry="../../etc/passwd"), "entry"),
    (bundles.bundle(surprise=1), "surprise: unknown key"),
    (bundles.bundle(modules=[{"name": "Face", "props": {"a": float("nan")}}]), "NaN"),
]


async def test_a_bad_archive_fails_at_the_extraction(hub: Hub) -> None:
    headers = await admin(hub)
    for content, code in BAD_ARCHIVES:
        answer = await refused(hub, headers, form(content))
        details = check_failure(answer, "file_extraction", "Extraction failed: .")
        assert details["filename"] == "clock.tar.gz"
        assert details["code"].startswith(code), content


async def test_a_bad_manifest_fails_at_the_validation(hub: Hub) -> None:
    headers = await admin(hub)
    for content, problem in BAD_MANIFESTS:
        answer = await refused(hub, headers, form(content))
        details = check_failure(answer, "plugin_validation", "Plugin validation failed: .")
        assert re.search(problem, details["validation_error"])


@pytest.mark.parametrize(
    ("content", "code", "audited"),
    [
        (bundles.bundle(), "already-installed", 2),
        (bundles.bundle(version="2.0.0"), "already-installed", 3),
        (bundles.bundle(description="other bytes"), "release-exists", 0),
        (bundles.bundle("CLOCK"), "conflict", 0),
    ],
    ids=["installed", "installed in another version", "other bytes", "other spelling"],
)
async def test_what_stands_against_the_installation_fails_there(
    hub: Hub, content: bytes, code: str, audited: int
) -> None:
    user = await hub.add_user("root", "admin")
    headers = await hub.sign_in(user)
    await hub.client.post(URL, data=form(bundles.bundle()), headers=headers)
    answer = await refused(hub, headers, form(content), audited)
    details = check_failure(answer, "lifecycle_manager_install", "Plugin installation failed: .")
    assert (details["code"], details["user_id"]) == (code, user.id)
    assert details["plugin_slug"].lower() == "clock"


LIMIT = 10_000
SIZES = (LIMIT + 1, 100 * LIMIT)
TOO_LARGE = re.compile(rf"File size \((\d+) bytes\) exceeds maximum allowed size \({LIMIT} bytes\)")


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1000):
        yield b"x" * 1000


def too_large(size: int, *, chunked: bool, file_first: bool) -> FormData:
    content: Any = chunks(size + 1000) if chunked else io.BytesIO(b"x" * size)
    data = FormData()
    for name in ("file", "method") if file_first else ("method", "file"):
        if name == "file":
            data.add_field(name, content, filename="a.zip")
        else:
            data.add_field(name, "local-file")
    return data


async def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    async with serving(settings(tmp_path / "data", max_upload=LIMIT)) as hub:
        headers = await admin(hub)
        for size, (chunked, file_first) in product(SIZES, product((False, True), repeat=2)):
            data = too_large(size, chunked=chunked, file_first=file_first)
            status, detail = await refused(hub, headers, data)
            assert status == 400
            assert (match := TOO_LARGE.fullmatch(detail)), detail
            assert int(match[1]) > LIMIT


async def test_a_file_of_exactly_the_limit_is_taken(tmp_path: Path) -> None:
    content = bundles.bundle()
    async with serving(settings(tmp_path / "data", max_upload=len(content))) as hub:
        answer = await hub.client.post(URL, data=form(content), headers=await admin(hub))
        assert answer.status == 200


def multipart(*parts: bytes, end: bytes = b"--x--\r\n") -> bytes:
    return b"".join(b"--x\r\n" + part + b"\r\n" for part in parts) + end


def part(name: str, content: bytes, *headers: str, filename: str = "") -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    disposition += f'; filename="{filename}"' if filename else ""
    return "\r\n".join([disposition, *headers, "", ""]).encode() + content


METHOD = part("method", b"local-file")
FILE = part("file", bundles.bundle(), filename="clock.tar.gz")
NESTED = multipart(FILE).replace(b"--x", b"--y")
BAD_FORMS = {
    "no body": b"",
    "no boundary in the body": b"method=local-file",
    "only an end": b"--x--\r\n",
    "no end": multipart(METHOD, FILE, end=b""),
    "no end of a part": multipart(METHOD, end=b"") + b"--x\r\n" + FILE[:100],
    "no end of the headers": b"--x\r\nContent-Disposition: form-data",
    "no headers": multipart(b"\r\nlocal-file", b"\r\nx"),
    "a header without a colon": multipart(b"nonsense\r\n\r\nx"),
    "a header of 100 kB": multipart(b"A: " + b"x" * 100_000 + b"\r\n\r\nx"),
    "a thousand headers": multipart(b"A: b\r\n" * 1000 + b"\r\nx"),
    "a header with NUL": multipart(b"A\x00: b\r\n\r\nx"),
    "a line of 1 MB": b"x" * 1_000_000 + b"\r\n" + multipart(METHOD, FILE),
    "bytes that are no text": multipart(part("method", b"\xff\xfe"), FILE),
    "a field of 5 kB": multipart(part("method", b"x" * 5000), FILE),
    "twenty parts": multipart(*[part(f"a{number}", b"x") for number in range(18)], METHOD, FILE),
    "two files": multipart(METHOD, FILE, FILE),
    "a file in base64": multipart(
        METHOD,
        part("file", base64.b64encode(bundles.bundle()), "Content-Transfer-Encoding: base64"),
    ),
    "a compressed file": multipart(
        METHOD, part("file", gzip.compress(b"x" * 100), "Content-Encoding: gzip", filename="a.zip")
    ),
    "an encoding nobody knows": multipart(
        METHOD, part("file", b"x", "Content-Transfer-Encoding: x-uuencode", filename="a.zip")
    ),
    "a form within the form": multipart(
        METHOD, b"Content-Type: multipart/form-data; boundary=y\r\n\r\n" + NESTED
    ),
    "a form within, without boundary": multipart(
        METHOD, b"Content-Type: multipart/mixed\r\n\r\n" + NESTED
    ),
    "a hundred forms within": multipart(
        METHOD, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 100
    ),
    "a charset nobody knows": multipart(part("_charset_", b"x" * 40), METHOD, FILE),
    "a charset of bytes": multipart(part("_charset_", b"\xff"), METHOD, FILE),
    "a wrong length": multipart(METHOD, part("file", b"x", "Content-Length: 99999999999")),
    "a length of words": multipart(METHOD, part("file", b"x", "Content-Length: many")),
    "an empty file": multipart(METHOD, part("file", b"", filename="a.zip")),
    "a file without a name": multipart(METHOD, part("file", bundles.bundle())),
    "a file as a text field": multipart(METHOD, part("filename", b"a.zip"), part("File", b"x")),
}


# aiohttp warns of dispositions that it cannot read, and goes on.
@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")
async def test_a_broken_form_is_the_fault_of_the_client(hub: Hub) -> None:
    headers = {**await admin(hub), "Content-Type": "multipart/form-data; boundary=x"}
    answers = {
        name: await refused(hub, headers, io.BytesIO(body)) for name, body in BAD_FORMS.items()
    }
    assert {name: answer for name, answer in answers.items() if not 400 <= answer[0] < 500} == {}


CONTENT_TYPES = [
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    'multipart/form-data; boundary="' + "x" * 71 + '"',
    "multipart/form-data; boundary=\xff",
    "multipart/mixed; boundary=y",
    "nonsense",
    "",
]


async def test_a_body_of_another_kind_is_the_fault_of_the_client(hub: Hub) -> None:
    headers = await admin(hub)
    for content_type in CONTENT_TYPES:
        more = {"Content-Type": content_type}
        body = io.BytesIO(multipart(METHOD, FILE))
        status, _ = await refused(hub, {**headers, **more}, body)
        assert 400 <= status < 500, content_type
    assert (await refused(hub, headers, b'{"method": "local-file"}'))[0] == 422
    bare = await hub.client.post(URL, headers=headers, skip_auto_headers=["Content-Type"])
    assert (bare.status, await bare.json()) == (422, {"detail": "the body is not a multipart form"})


async def test_a_compressed_form_is_refused(hub: Hub) -> None:
    headers = {**await admin(hub), "Content-Type": "multipart/form-data; boundary=x"}
    body = io.BytesIO(gzip.compress(multipart(METHOD, FILE)))
    answer = await refused(hub, {**headers, "Content-Encoding": "gzip"}, body)
    assert answer == (415, "the body must be sent without Content-Encoding")


async def test_a_full_disk_is_told_before_anything_is_received(tmp_path: Path) -> None:
    storage = Storage(plugins_base_dir=tmp_path / "data", disk_reserve=10**15)
    async with serving(Config(storage=storage)) as hub:
        status, detail = await refused(hub, await admin(hub), form(bundles.bundle()))
        assert (status, "disk_reserve" in detail["message"]) == (507, True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
async def test_a_disk_that_runs_full_leaves_nothing(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    headers = await admin(hub)
    monkeypatch.setattr(tree, "write_file", full)
    status, detail = await refused(hub, headers, form(bundles.bundle()))
    text = "Plugin installation setup failed: the disk is full; nothing was changed"
    assert (status, detail["message"]) == (507, text)
    assert detail["details"]["step"] == "setup_and_copy"
    assert detail["suggestions"]
    monkeypatch.undo()
    answer = await hub.client.post(URL, data=form(bundles.bundle()), headers=headers)
    assert answer.status == 200


async def begin(hub: Hub, headers: dict[str, str], body: bytes, sent: int) -> StreamWriter:
    """Send the first bytes of an upload."""
    _, writer = await raw.connect(hub)
    lines = [f"POST {URL} HTTP/1.1", "Host: hub", f"Content-Length: {len(body)}"]
    lines += ["Content-Type: multipart/form-data; boundary=x"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body[:sent])
    await writer.drain()
    return writer


async def until(hub: Hub, condition: Callable[[], bool]) -> None:
    """Let the server work until something is so."""
    async with asyncio.timeout(5):
        while not condition():
            await hub.client.get("/healthz")


@pytest.mark.parametrize("cancelling", [True, False])
async def test_a_client_that_leaves_during_an_upload_leaves_nothing_behind(
    tmp_path: Path, logged: io.StringIO, cancelling: bool
) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        hub.client.server.handler.handler_cancellation = cancelling  # off in production
        headers = await admin(hub)
        before = await rows(hub), kept(hub)
        large = bundles.tar_gz({**bundles.files(), "large.wasm": os.urandom(500_000)})
        body = multipart(METHOD, part("file", large, filename="clock.tar.gz"))
        for tenth in range(10):
            writer = await begin(hub, headers, body, len(body) * tenth // 10)
            await until(hub, lambda: kept(hub) != before[1])
            writer.close()
            await until(hub, lambda: kept(hub) == before[1])
        assert (await rows(hub), kept(hub)) == before
        answer = await hub.client.post(URL, data=form(large), headers=headers)
        assert answer.status == 200
    assert "Traceback" not in logged.getvalue()


async def test_an_upload_that_is_cancelled_while_its_hook_runs_is_taken_back(
    tmp_path: Path,
) -> None:
    content = hooked("def on_install(self, context): import time; time.sleep(60)")
    async with serving(settings(tmp_path / "data")) as hub:
        hub.client.server.handler.handler_cancellation = True
        headers = await admin(hub)
        before = kept(hub)
        body = multipart(METHOD, part("file", content, filename="clock.tar.gz"))
        writer = await begin(hub, headers, body, len(body))
        async with asyncio.timeout(5):
            while not any(manager["running"] for manager in await managers(hub)):
                pass
        writer.close()
        await until(hub, lambda: kept(hub) == before)
        assert await hub.designer(headers) == {}
        answer = await hub.client.get("/api/plugins", headers=headers)
        assert await answer.json() == {"plugins": [], "total": 0}


async def test_an_upload_whose_client_leaves_before_the_answer_is_done_all_the_same(
    tmp_path: Path,
) -> None:
    async with serving(settings(tmp_path / "data")) as hub:
        hub.client.server.handler.handler_cancellation = False  # as in production
        headers = await admin(hub)
        before, body = kept(hub), multipart(METHOD, FILE)
        writer = await begin(hub, headers, body, len(body))
        await until(hub, lambda: len(kept(hub)) >= len(before) + 2)  # received, being unpacked
        writer.close()
        while await hub.designer(headers) == {}:
            pass
        again = await hub.client.post("/api/plugins", data=bundles.bundle(), headers=headers)
        assert again.status == 200


def names(repo_url: str = REPOSITORY, **more: Any) -> FormData:
    """Return the form that names a release at GitHub."""
    return form(None, filename="", method="github", repo_url=repo_url, **more)


async def test_a_release_at_github_is_installed(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    plugin_id = f"{world.ids['root']}_Clock"
    for version in ("", "v1.4.0", "latest"):
        data = names(version=version)
        assert await world.ask(world.root, "POST", "install", data=data) == (
            200,
            {
                "status": "success",
                "message": f"Plugin installed successfully from {REPOSITORY}",
                "data": {
                    "plugin_id": plugin_id,
                    "plugin_slug": "Clock",
                    "modules_created": [f"{plugin_id}_Face"],
                    "plugin_directory": None,
                    "source": "github",
                    "repo_url": REPOSITORY,
                    "version": version or "latest",
                },
            },
        )
        entry = (await world.hub.designer(world.root))["Clock"]
        assert (entry["sourceType"], entry["sourceUrl"]) == ("github", REPOSITORY)
        removed = await world.hub.client.delete("/api/plugins/Clock", headers=world.root)
        assert removed.status == 200
    assert await world.published() == [("1.4.0", "github", REPOSITORY, "v1.4.0")]


async def test_a_repository_or_an_archive_is_installed_by_its_address(world: World) -> None:
    world.github.release("v1.4.0", bundles.bundle(version="1.4.0"))
    archive = f"{world.github.url}/files/example/clock/v1.4.0/clock.tar.gz"
    plugin_id = f"{world.ids['root']}_Clock"
    for url in (REPOSITORY, archive):
        answer = await world.ask(world.root, "POST", "install-from-url", json={"repo_url": url})
        assert answer == (
            200,
            {
                "status": "success",
                "message": f"Plugin 'The Clock' installed successfully from {url}",
                "data": {
                    "plugin_id": plugin_id,
                    "plugin_slug": "Clock",
                    "plugin_name": "The Clock",
                    "modules_created": [f"{plugin_id}_Face"],
                    "plugin_directory": None,
                    "source": "remote",
                    "repo_url": url,
                    "version": "latest",
                },
            },
        )
        await world.hub.client.delete("/api/plugins/Clock", headers=world.root)
    world.github.release("v2", bundles.bundle("Alarm"))
    archive = archive.replace("v1.4.0", "v2")
    await world.ask(world.root, "POST", "install-from-url", json={"repo_url": f"{archive}?key=x"})
    assert (await world.published())[1:] == [("1.0.0", "url", archive, None)]


async def remotely_refused(
    world: World, step: str, message: str, repo_url: str = REPOSITORY, version: str = "v1"
) -> dict[str, Any]:
    """Check that both ways to name a source fail alike and leave nothing; return the details."""
    before = await rows(world.hub), kept(world.hub)
    body = {"repo_url": repo_url, "version": version}
    data = names(repo_url, version=version)
    details = check_failure(await told(world, "install", data=data), step, message)
    more = check_failure(await told(world, "install-from-url", json=body), step, message)
    assert more.items() >= {**details, **body, "user_id": world.ids["root"]}.items()
    assert re.match(message, more["error"])
    after = await rows(world.hub), kept(world.hub)
    after[0]["audit"] = before[0]["audit"]
    assert after == before
    return details


async def told(world: World, path: str, **arguments: Any) -> tuple[int, Any]:
    status, said = await world.ask(world.root, "POST", path, **arguments)
    return status, said["detail"]


async def test_an_installation_from_elsewhere_fails_at_the_step_that_failed(world: World) -> None:
    github = world.github
    details = await remotely_refused(world, "url_parsing", "Invalid repository URL format: ", "x")
    assert details["repo_url"] == "x"
    details = await remotely_refused(
        world, "release_lookup", "No release found for version: v1 in repository example/clock$"
    )
    owner = {"repo_owner": "example", "repo_name": "clock", "requested_version": "v1"}
    assert details.items() >= {**owner, "code": "source-not-found"}.items()
    github.release("v1", b"no archive")
    details = await remotely_refused(world, "download_and_extract", "Download failed: .*tar header")
    assert (details["release_version"], details["code"]) == ("v1", "bundle-not-an-archive")
    github._files.clear()
    details = await remotely_refused(world, "download_and_extract", "Download failed: .*not exist")
    assert details["code"] == "source-not-found"
    github._releases.clear()
    github.release("v1", bundles.bundle(slug="../x"))
    details = await remotely_refused(world, "plugin_validation", "Plugin validation failed: .")
    assert "slug" in details["validation_error"]
    github._releases.clear()
    github.release("v1", hooked("def on_install(self, context): raise HookRefusedError('no')"))
    await remotely_refused(world, "lifecycle_manager_install", "Plugin installation failed: .*no")
    await world.hub.publish(bundles.bundle())
    details = await remotely_refused(
        world, "lifecycle_manager_install", "Plugin installation failed: .*other bytes"
    )
    assert details["user_id"] == world.ids["root"]
    assert (details["plugin_slug"], details["code"]) == ("Clock", "release-exists")


async def test_a_pause_that_github_wants_is_not_a_missing_release(world: World) -> None:
    async def limited(_request: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "100"})

    world.github.answer = limited
    details = await remotely_refused(
        world, "release_lookup", r"Release lookup failed: 127\.0\.0\.1 takes no more requests until"
    )
    assert details["code"] == "source-rate-limited"
    assert details["reset_at"] > 0


async def test_an_address_that_nobody_is_sent_to_is_refused(world: World) -> None:
    for url, step, code in [
        ("http://169.254.169.254/latest.zip", "download_and_extract", "source-refused-address"),
        ("http://10.0.0.1:6379/x.zip", "download_and_extract", "source-refused-address"),
        ("file:///etc/passwd", "url_parsing", "source-bad-url"),
        ("https://user:pass@example.org/x.zip", "url_parsing", "source-bad-url"),
    ]:
        body = {"repo_url": url}
        _, said = await world.ask(world.root, "POST", "install-from-url", json=body)
        assert said["detail"]["details"]["step"] == step
        assert said["detail"]["details"]["code"] == code


async def test_a_body_that_names_no_source_is_refused(world: World) -> None:
    bodies: list[Any] = [{}, {"repo_url": 1}, {"repo_url": None}, {"repo_url": "x" * 3000}, []]
    bodies += [{"repo_url": REPOSITORY, "version": "x" * 300}, {"repo_url": "\x00"}]
    for body in bodies:
        status, _ = await world.ask(world.root, "POST", "install-from-url", json=body)
        assert status == (400 if body == {"repo_url": "\x00"} else 422), body
    for version in ("\x00", "..", "a/b?c#d", "\u202e", "%2e%2e"):
        body = {"repo_url": REPOSITORY, "version": version}
        status, said = await world.ask(world.root, "POST", "install-from-url", json=body)
        assert (status, said["detail"]["details"]["step"]) == (400, "release_lookup")


async def test_only_those_install_from_elsewhere_who_may_publish(tmp_path: Path) -> None:
    body = {"repo_url": REPOSITORY}
    async with made(tmp_path / "data") as world:
        refused = (403, {"detail": "Admin required"})
        assert await world.ask(world.ann, "POST", "install", data=names()) == refused
        assert await world.ask(world.ann, "POST", "install-from-url", json=body) == refused
        assert world.github.asked == []
    async with made(tmp_path / "other", allow="users") as world:
        world.github.release("v1.0.0", bundles.bundle())
        status, _ = await world.ask(world.ann, "POST", "install", data=names())
        assert status == 200
        world.github.release("v1.1.0", bundles.bundle(version="1.1.0"))
        status, said = await world.ask(world.ann, "POST", "Clock/update")
        assert (status, said["data"]["new_version"]) == (200, "1.1.0")
        await world.hub.publish(bundles.bundle("Alarm"))
        world.github.release("v2", bundles.bundle("Alarm", "2.0.0"))
        status, said = await world.ask(world.ann, "POST", "install", data=names())
        assert (status, said["detail"]["details"]["code"]) == (400, "forbidden")
