"""What aiohttp does below the application."""

import json

import pytest
from aiohttp import http_parser
from aiohttp.test_utils import TestServer
from aiohttp.web_protocol import RequestHandler

from pluginhub.app import create_app
from pluginhub.errors import ConfigError
from pluginhub.web import protocol
from tests.conftest import Hub, settings
from tests.web import raw

BROKEN = [
    b"GET /hunter2\x00 HTTP/1.1\r\nHost: hub\r\n\r\n",
    b"hunter2 hunter2 hunter2\r\n\r\n",
    b"GET / HTTP/1.1\r\nhunter2: \x01\x02\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: hub\r\nhun ter2: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00hunter2\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: hunter2\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: hub\r\nX: " + b"hunter2" * 9000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("data", BROKEN)
async def test_what_is_not_http_is_answered_without_quoting_it(hub: Hub, data: bytes) -> None:
    answer = raw.parse(await raw.send(hub, data))
    assert answer.status == 400
    assert b"hunter2" not in answer.body
    assert json.loads(answer.body) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "this is no request that can be read",
        "code": "malformed",
    }


def test_aiohttp_is_changed_once() -> None:
    protocol.hide_what_was_sent()
    changed = RequestHandler.handle_error
    protocol.hide_what_was_sent()
    assert RequestHandler.handle_error is changed


async def test_a_parser_that_reads_otherwise_than_proxies_is_refused(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_parser, "HttpRequestParser", http_parser.HttpRequestParserPy)
    with pytest.raises(ConfigError, match="without its C parser"):
        await TestServer(create_app(settings(hub.data.parent / "other"))).start_server()
