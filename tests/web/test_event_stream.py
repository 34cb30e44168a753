from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pluginhub.web import event_stream


def test_an_event_is_written_with_its_type_and_where_a_client_resumes() -> None:
    assert event_stream.message("done", b"{}") == b"event: done\ndata: {}\n\n"
    assert event_stream.message("updated", b"{}", 7) == b"id: 7\nevent: updated\ndata: {}\n\n"


async def test_a_stream_is_neither_kept_nor_held_back_on_its_way() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        stream = await event_stream.begin(request)
        await stream.write(event_stream.STILL_THERE)
        return stream

    app = web.Application()
    app.router.add_get("/", handler)
    async with TestClient(TestServer(app)) as client, client.get("/") as answer:
        assert answer.content_type == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert (await answer.read()).startswith(b": ")
