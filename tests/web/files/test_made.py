"""What is made in memory is sent as files are."""

import zlib

import brotli

from pluginhub.web.files import heads, made

JSON = "application/json"
SMALL, LARGE = b'{"a": 1}', b'{"a": "' + b"words " * 100 + b'"}'


async def test_it_is_there_compressed_where_that_is_worth_it() -> None:
    content = await made.of(LARGE, JSON, heads.MADE)
    assert content.plain.body == LARGE
    assert content.encoded.keys() == {"br", "zstd", "gzip"}
    br, gzip = content.best_for("br").body, content.best_for("gzip").body
    assert isinstance(br, bytes)
    assert isinstance(gzip, bytes)
    assert brotli.decompress(br) == zlib.decompress(gzip, 31) == LARGE
    assert (await made.of(SMALL, JSON, heads.MADE)).encoded == {}
    assert (await made.of(LARGE, "image/png", heads.PUBLIC)).encoded == {}


async def test_its_tag_is_another_when_it_is_another() -> None:
    one, again, two = [await made.of(body, JSON, heads.MADE) for body in (LARGE, LARGE, SMALL)]
    assert one.plain.etag == again.plain.etag
    assert len({one.plain.etag, two.plain.etag, one.encoded["br"].etag}) == 3


async def test_it_is_for_its_user_and_asked_for_each_time() -> None:
    head = (await made.of(LARGE, JSON, heads.MADE)).best_for("br").by_user.full
    assert b"Cache-Control: private, no-cache\r\n" in head
    assert b"Vary: Authorization, Cookie, Accept-Encoding, Origin\r\n" in head
    assert b"Content-Type: application/json\r\n" in head
    assert b"Last-Modified" not in head
