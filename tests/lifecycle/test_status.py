import shutil
from typing import Any

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
    assert (answer.status, answer.details) == ("hook-failed", {})
    assert "no idea" in answer.message
    await shelf.configure(ann, "Clock", kind="garbage")
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert (answer.status, answer.details) == ("hook-answer", {})


async def test_details_are_what_the_plugin_answered_and_empty_where_it_answered_nothing(
    shelf: Shelf,
) -> None:
    telling = """
    def status(self, context):
        return Status("healthy", details=context.config.get("details"))
    """
    await shelf.publish(hooked(telling))
    await shelf.publish(hooked("def on_install(self, context): pass", "Quiet"))
    ann = await shelf.user()
    for slug in ("Clock", "Quiet"):
        await shelf.install(ann, slug)
        answer = await status(shelf.resources, id_of(ann), slug)
        assert answer.details == {}
    answers: list[Any] = [[], False, {"a": [None]}]
    for details in answers:
        await shelf.configure(ann, "Clock", details=details)
        answer = await status(shelf.resources, id_of(ann), "Clock")
        assert answer.details == details
        assert type(answer.details) is type(details)


async def test_a_plugin_without_hooks_is_healthy_while_its_files_are_there(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert (answer.status, answer.message, answer.details) == ("healthy", "", {})
    shutil.rmtree(shelf.storage.release_path("Clock", "1.0.0"))
    answer = await status(shelf.resources, id_of(ann), "Clock")
    assert (answer.status, answer.details) == ("files-missing", {})
    assert "Clock@1.0.0" in answer.message
    assert (await shelf.resources.registry.statistics()).loads == 0


async def test_what_is_not_installed_has_no_status(shelf: Shelf) -> None:
    await shelf.publish(bundles.bundle())
    ann, ben = await shelf.user("ann"), await shelf.user("ben")
    await shelf.install(ben, "Clock")
    with pytest.raises(NotFoundError):
        await status(shelf.resources, id_of(ann), "Clock")
