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


def post(*headers: str, body: bytes = b"", version: str = "1.1") -> bytes:
    lines = [f"POST /api/v1/auth/login HTTP/{version}", "Host: hub", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def chunked(body: bytes) -> bytes:
    return post("Content-Type: application/json", "Transfer-Encoding: chunked", body=body)


EMPTY = b"0\r\n\r\n"
SECOND = b"GET /second HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n"
# What a proxy in front may take for one request, and the server for two, or the other way round.
AMBIGUOUS = {
    "a length and chunks": post("Content-Length: 6", "Transfer-Encoding: chunked", body=EMPTY),
    "chunks and a length": post("Transfer-Encoding: chunked", "Content-Length: 4", body=EMPTY),
    "two lengths": post("Content-Length: 0", f"Content-Length: {len(SECOND)}"),
    "one length twice": post("Content-Length: 2", "Content-Length: 2", body=b"{}"),
    "a list of lengths": post("Content-Length: 0, 5"),
    **{
        f"the length {length!r}": post(f"Content-Length: {length}", body=b"{}")
        for length in ("+2", "-2", "0x2", "2_0", "", "2 2", "2,", "٢")
    },
    "a space after the length": post("Content-Length : 2", body=b"{}"),
    "a space after the coding": post("Transfer-Encoding : chunked", body=EMPTY),
    **{
        f"the coding {coding!r}": post(f"Transfer-Encoding: {coding}", body=EMPTY)
        for coding in (
            *("xchunked", "chunked, identity", "identity", "chunked, chunked", "chunked\x0b"),
            *('"chunked"', "chunked;x", "chu\x00nked"),
        )
    },
    "two codings": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=EMPTY),
    "chunks in HTTP/1.0": post("Transfer-Encoding: chunked", body=EMPTY, version="1.0"),
    "a folded coding": post("Transfer-Encoding:", " chunked", body=EMPTY),
    "a folded header": post("X: a", " b"),
    "a header before the first": b"GET /healthz HTTP/1.1\r\n Host: hub\r\n\r\n",
    "a header without a colon": post("X"),
    "a header without a name": post(": x"),
    "lines that end with LF": b"GET /healthz HTTP/1.1\nHost: hub\n\n",
    "a line that ends with LF": b"GET /healthz HTTP/1.1\r\nHost: hub\nX: y\r\n\r\n",
    "a coding after LF": post("X: a\nTransfer-Encoding: chunked", body=EMPTY),
    "a coding after CR": post("X: a\rTransfer-Encoding: chunked", body=EMPTY),
    "two hosts": post("Host: other"),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    **{
        f"the chunk {chunk!r}": chunked(chunk + EMPTY)
        for chunk in (
            *(b"2\n{}\n", b"2\r\n{}XX", b"-2\r\n{}\r\n", b"0x2\r\n{}\r\n", b"2 \r\n{}\r\n"),
            *(
                b"2;x\n{}\r\n",
                b"\r\n{}\r\n",
                b"f" * 17 + b"\r\n{}\r\n",
                b"2\r{}\r\n",
                b"+2\r\n{}\r\n",
            ),
        )
    },
    "a trailer of 200 kB": chunked(b"0\r\n" + b"X: y\r\n" * 40_000 + b"\r\n"),
    "a length in the trailer": chunked(b"2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n"),
    "HTTP/1.2": post(version="1.2"),
    "HTTP/01.1": post(version="01.1"),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
async def test_what_a_proxy_may_read_otherwise_is_refused_and_nothing_after_it_is_read(
    hub: Hub, case: str
) -> None:
    said = await raw.send(hub, AMBIGUOUS[case] + SECOND)  # which reads until the connection ends
    assert (raw.parse(said).status, said.count(b"HTTP/1.")) == (400, 1)


async def test_what_is_said_beside_a_chunk_is_skipped_and_hides_nothing(hub: Hub) -> None:
    beside = b"2;" + b"x" * 200_000 + b"\r\n{}\r\n"
    first = raw.parse(await raw.send(hub, chunked(beside + EMPTY) + SECOND))
    second = raw.parse(first.body[int(first.headers["Content-Length"]) :])
    assert (first.status, second.status) == (422, 404)


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
