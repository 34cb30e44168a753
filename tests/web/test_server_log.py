"""What clients do wrong is a line of the log, without the bytes that they sent."""

import io
import json
import logging

import pytest

from pluginhub.web.server_log import ServerLogger
from tests.conftest import Hub
from tests.web import raw

SECRET = "kept-by-nobody"
BROKEN = [
    b"GET /api/v1/public/plugins/x/t/" + SECRET.encode() + b"/\x01 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/9.9\r\nAuthorization: Bearer " + SECRET.encode() + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nAuthorization: Bearer " + (SECRET * 1000).encode() + b"\r\n\r\n",
    b"GET /?token=" + (SECRET * 1000).encode() + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nCookie\x00: " + SECRET.encode() + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + SECRET.encode() + b"\r\n",
    b"\x16\x03\x01" + SECRET.encode() + b"\r\n\r\n",
]


async def test_a_request_that_is_not_http_leaves_no_bytes_in_the_log(
    hub: Hub, logged: io.StringIO
) -> None:
    for request in BROKEN:
        assert raw.parse(await raw.send(hub, request)).status == 400
    events = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [event["level"] for event in events] == ["info"] * len(events)
    assert "Error handling request from 127.0.0.1: LineTooLong" in {
        event["event"] for event in events
    }
    assert SECRET not in logged.getvalue()


def test_a_fault_of_ours_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    logger = ServerLogger(logging.getLogger("aiohttp.server"))
    logger.error("oh", exc_info=RuntimeError("ours"))
    [record] = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", "oh")
    assert "RuntimeError: ours" in caplog.text


def test_a_client_that_went_away_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    logger = ServerLogger(logging.getLogger("aiohttp.server"))
    logger.error("Error handling %s", "it", exc_info=ConnectionResetError("secret"))
    [record] = caplog.records
    assert (record.levelname, record.exc_info) == ("INFO", None)
    assert record.getMessage() == "Error handling it: ConnectionResetError"
