import pytest

from pluginhub.care.working import Work, Working


def test_work_is_shown_while_it_is_done() -> None:
    working = Working()
    with working.on("verify") as progress:
        assert list(working) == [Work("verify", 0, 0)]
        progress(3, 10)
        with working.on("backup"):
            assert list(working) == [Work("verify", 3, 10), Work("backup", 0, 0)]
    assert list(working) == []


def test_work_that_fails_is_not_shown_any_more() -> None:
    working = Working()
    with pytest.raises(RuntimeError), working.on("verify"):
        raise RuntimeError
    assert list(working) == []


def test_of_two_works_of_one_name_each_is_shown_until_its_own_end() -> None:
    working = Working()
    with working.on("backup") as progress:
        with working.on("backup"):
            assert list(working) == [Work("backup", 0, 0)] * 2
        progress(3, 10)
        assert list(working) == [Work("backup", 3, 10)]
    assert list(working) == []
