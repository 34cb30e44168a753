import shutil

import pytest

from pluginhub.errors import NotFoundError
from pluginhub.lifecycle.status import status
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import hooked

ANSWERS = """
def status(self, context):
    kind = context.config.get("kind", "healthy")
    if kind == "raises":
        raise ValueError("no idea")
    if kind == "garbage":
        return Status("healthy", message="x" * 3000)
    return Status(kind, message=f"for {context.user_name}", details={"zone": "UTC"})
"""


async def test_a_plugin_says_for_itself_how_it_is(shelf: Shelf) -> None:
    await shelf.publish(hooked(ANSWERS))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    found = []
    before = await shelf.audit()
    for kind in ("healthy", "unhealthy"):
        await shelf.configure(ann, "Clock", kind=kind)
        answer = await status(shelf.resources, id_of(ann), "clock")
        assert answer.installation == await shelf.installation(ann)
        found.append((answer.status, answer.message, answer.details))
    assert found == [
        ("healthy", "for ann", {"zone": "UTC"}),
        ("unhealthy", "for ann", {"zone": "UTC"}),
    ]
    assert len(await shelf.audit()) == len(before) + 2


async def test_a_hook_that_fails_is_an_answer(shelf: Shelf) -> None:
    await shelf.publish(hooked(ANSWERS))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.configure(ann, "Clock", kind="raises")
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert (answer.status, answer.details) == ("hook-failed", None)
    assert "no idea" in answer.message
    await shelf.configure(ann, "Clock", kind="garbage")
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert answer.status == "hook-answer"


async def test_a_plugin_without_hooks_is_healthy_while_its_files_are_there(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert (answer.status, answer.message) == ("healthy", "")
    shutil.rmtree(shelf.storage.release_path("Clock", "1.0.0"))
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert answer.status == "files-missing"
    assert "Clock@1.0.0" in answer.message
    assert (await shelf.resources.registry.statistics()).loads == 0


async def test_what_is_not_installed_has_no_status(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    with pytest.raises(NotFoundError):
        await status(shelf.resources, id_of(ann), "Clock")
