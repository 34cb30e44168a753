import pytest

from pluginhub.web.files import heads

SCRIPT = "text/javascript; charset=utf-8"
DATE = "Thu, 01 Jan 1970 00:00:00 GMT"


def lines(head: bytes) -> list[str]:
    assert head.endswith(b"\r\n")
    return head.decode().removesuffix("\r\n").split("\r\n")


def test_the_head_of_a_file_says_all_there_is_to_say() -> None:
    made = heads.make(SCRIPT, 7, '"x"', 0, coding=None, kind=heads.BY_CAPABILITY)
    status, *rest = lines(made.full)
    assert status == "HTTP/1.1 200 OK"
    found = dict(line.split(": ", 1) for line in rest)
    assert found == {**made.described, "Content-Length": "7"}
    assert found["Cache-Control"] == "private, max-age=31536000, immutable"
    assert (found["Etag"], found["Last-Modified"]) == ('"x"', DATE)


def test_who_has_the_file_is_told_nothing_of_a_body() -> None:
    made = heads.make(SCRIPT, 5, '"x-br"', 0, coding="br", kind=heads.BY_USER)
    status, *rest = lines(made.unchanged)
    assert status == "HTTP/1.1 304 Not Modified"
    found = dict(line.split(": ", 1) for line in rest)
    assert found == made.headers
    assert {"Content-Type", "Content-Length"} & found.keys() == set()
    assert found["Vary"] == "Authorization, Cookie, Accept-Encoding, Origin"
    assert b"Content-Encoding: br\r\n" in made.full
    assert b"Content-Length: 5\r\n" in made.full


@pytest.mark.parametrize(("kind", "sandboxed"), [("image/svg+xml", True), ("image/png", False)])
def test_what_a_browser_would_run_is_sandboxed(kind: str, sandboxed: bool) -> None:
    made = heads.make(kind, 1, '"x"', 0, coding=None, kind=heads.BY_USER)
    assert (b"Content-Security-Policy: sandbox" in made.full) is sandboxed
    assert (b"Content-Disposition: attachment\r\n" in made.full) is sandboxed


def test_what_may_be_another_the_next_time_has_no_date() -> None:
    made = heads.make("application/json", 2, '"x"', None, coding=None, kind=heads.MADE)
    assert "Last-Modified" not in made.headers
    assert "Accept-Ranges" not in made.headers
    assert made.headers["Cache-Control"] == "private, no-cache"
