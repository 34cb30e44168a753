from pluginhub.web import static
from tests.conftest import Hub
from tests.web import raw
from tests.web.files.test_serve import TRAVERSAL

SCRIPT = "/static/docs.js"
FILES = static.load()


async def test_a_file_is_served_with_its_type_and_a_policy(hub: Hub) -> None:
    async with hub.client.get(SCRIPT) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert await answer.read() == FILES["docs.js"]


async def test_who_has_a_file_gets_it_no_second_time(hub: Hub) -> None:
    async with hub.client.get(SCRIPT) as answer:
        tag = answer.headers["ETag"]
    async with hub.client.get(SCRIPT, headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
        assert answer.headers["ETag"] == tag
    async with hub.client.get(SCRIPT, headers={"If-None-Match": '"other"'}) as answer:
        assert answer.status == 200


async def test_nothing_else_is_there(hub: Hub) -> None:
    for path in ("x.js", "../pyproject.toml", "%2e%2e/pyproject.toml", "vendor", "", "%00"):
        async with hub.client.get(f"/static/{path}") as answer:
            assert answer.status == 404, path


async def test_no_path_leads_out_of_them(hub: Hub) -> None:
    found = {path: (await raw.get(hub, b"/static/" + path)).status for path in TRAVERSAL}
    assert {path for path, status in found.items() if status not in {400, 404}} == set()


async def test_a_large_file_is_sent_compressed_to_those_who_can_read_it(hub: Hub) -> None:
    bundle = "/static/vendor/swagger-ui/swagger-ui-bundle.js"
    whole = FILES["vendor/swagger-ui/swagger-ui-bundle.js"]
    async with hub.client.get(bundle, headers={"Accept-Encoding": "br"}) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert int(answer.headers["Content-Length"]) < len(whole) / 2
        assert await answer.read() == whole


async def test_a_page_of_this_server_is_in_no_sandbox(hub: Hub) -> None:
    async with hub.client.get("/docs") as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "Content-Disposition" not in answer.headers


async def test_a_page_of_this_server_is_in_no_frame_and_tells_nobody_where_it_was(hub: Hub) -> None:
    policy = static.PAGE_HEADERS["Content-Security-Policy"].split("; ")
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= {*policy}
    assert not [part for part in policy if "unsafe" in part]
    async with hub.client.get("/docs") as answer:
        assert static.PAGE_HEADERS.items() <= answer.headers.items()
        assert answer.headers["Referrer-Policy"] == "no-referrer"
