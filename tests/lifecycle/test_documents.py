import shutil

from pluginhub.lifecycle import documents
from tests import bundles
from tests.lifecycle.conftest import Shelf


async def read(shelf: Shelf, content: dict[str, bytes], names: tuple[str, ...]) -> str | None:
    published = await shelf.publish(bundles.tar_gz({**bundles.files(), **content}))
    return await documents.read(shelf.resources, published.release, names)


async def test_the_first_that_is_there_is_read(shelf: Shelf) -> None:
    content = {"CHANGES.md": b"two", "changelog.md": b"three"}
    assert await read(shelf, content, documents.CHANGELOG) == "two"


async def test_bytes_that_are_no_text_are_shown_as_well_as_they_can_be(shelf: Shelf) -> None:
    assert await read(shelf, {"README.md": b"a\xff"}, documents.README) == "a\ufffd"


async def test_what_is_not_there_or_too_large_is_none(shelf: Shelf) -> None:
    assert await read(shelf, {}, documents.README) is None
    published = await shelf.publish(
        bundles.tar_gz({**bundles.files(version="2.0.0"), "README.md": b"x" * 300_000})
    )
    assert await documents.read(shelf.resources, published.release, documents.README) is None


async def test_a_file_that_is_gone_is_none(shelf: Shelf) -> None:
    published = await shelf.publish(bundles.tar_gz({**bundles.files(), "README.md": b"x"}))
    shutil.rmtree(shelf.data.shared / "Clock")
    assert await documents.read(shelf.resources, published.release, documents.README) is None
