import json
import os

import pytest

from pluginhub.managers import call_files
from tests.interrupting import Interrupted
from tests.managers.workshop import open_files

MOST = 4 * 1024 * 1024


async def test_the_request_is_ready_to_be_read() -> None:
    async with call_files.opened({"hook": "status"}) as files:
        request, answer, output = files.descriptors
        assert json.loads(os.read(request, 1000)) == {"hook": "status"}
        assert len({request, answer, output}) == 3


async def test_answer_and_output_are_read_from_the_beginning() -> None:
    async with call_files.opened({}) as files:
        _, answer, output = files.descriptors
        os.write(answer, b"{}")
        os.write(output, "eins\nzwei\xe4".encode() + b"\xff")
        assert files.read() == (b"{}", ["eins", "zweiä\ufffd"])


async def test_an_answer_is_read_one_byte_beyond_what_is_allowed() -> None:
    async with call_files.opened({}) as files:
        os.truncate(files.descriptors[1], 10 * MOST)
        answer, lines = files.read()
        assert (len(answer), lines) == (MOST + 1, [])


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (b"x" * 600, ["x" * 500]),
        (b"x\n" * 100, ["x"] * 100),
        (b"x\n" * 101, [*["x"] * 100, "... cut"]),
        (b"x" * (64 * 1024 - 1), ["x" * 500]),
        (b"x" * 64 * 1024, ["x" * 500, "... cut"]),
        (b"x" * 10**6, ["x" * 500, "... cut"]),
    ],
    ids=["a long line", "100 lines", "101 lines", "less than 64 KiB", "64 KiB", "1 MB"],
)
async def test_output_is_cut(output: bytes, expected: list[str]) -> None:
    async with call_files.opened({}) as files:
        os.write(files.descriptors[2], output)
        assert files.read()[1] == expected


async def test_files_are_closed_whatever_happens() -> None:
    async def use(fail: bool) -> None:
        async with call_files.opened({}):
            if fail:
                raise ValueError("no")

    await use(fail=False)
    before = open_files()
    with pytest.raises(ValueError, match="no"):
        await use(fail=True)
    for at in range(10):
        for late in (False, True):
            await Interrupted(use(fail=False), {at}, late=late).run()
    assert open_files() == before


async def test_files_have_no_name() -> None:
    async with call_files.opened({}) as files:
        assert {os.fstat(descriptor).st_nlink for descriptor in files.descriptors} == {0}
