"""What is kept in memory ends with the commit that makes it untrue, and has bounds."""

from pluginhub.database.changes import Change, Changes
from pluginhub.database.remembered import Remembered


def tell(changes: Changes, *users: str, shared: bool = False) -> None:
    changes._open = Change(set(users), shared)
    changes.committed()


def filled(changes: Changes, *, shared: bool = False) -> Remembered[str, int]:
    kept: Remembered[str, int] = Remembered(changes, 3, shared=shared)
    for key, user_id in [("a1", "ann"), ("a2", "ann"), ("b1", "ben")]:
        kept.keep(key, 1, user_id, kept.now())
    return kept


def there(kept: Remembered[str, int]) -> list[str]:
    return [key for key in ("a1", "a2", "b1", "c1") if kept.get(key)]


def test_a_change_of_a_user_drops_what_is_theirs() -> None:
    kept = filled(changes := Changes())
    tell(changes, "ann", "eve")
    assert there(kept) == ["b1"]
    assert kept._weight == 1
    assert kept._keys_of == {"ben": {"b1"}}


def test_a_change_that_all_see_drops_everything_that_shows_it() -> None:
    theirs, everybodys = filled(changes := Changes()), filled(changes, shared=True)
    tell(changes, shared=True)
    assert there(theirs) == ["a1", "a2", "b1"]
    assert there(everybodys) == []
    assert (everybodys._weight, everybodys._keys_of) == (0, {})


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    kept = filled(changes := Changes())
    since = kept.now()
    tell(changes, "eve")
    kept.keep("c1", 1, "cat", since)
    assert kept.get("c1") is None


def test_the_one_that_nobody_asked_for_goes_first() -> None:
    kept = filled(Changes())
    kept.get("a1")
    kept.keep("c1", 1, "cat", kept.now())
    assert there(kept) == ["a1", "b1", "c1"]


def test_heavy_values_take_the_room_of_several() -> None:
    kept = filled(Changes())
    kept.keep("c1", 1, "cat", kept.now(), weight=2)
    assert there(kept) == ["b1", "c1"]
    kept.keep("d1", 1, "dan", kept.now(), weight=4)
    assert there(kept) == ["b1", "c1"]


def test_a_value_that_is_kept_again_takes_its_room_once() -> None:
    kept = filled(Changes())
    for _ in range(5):
        kept.keep("a1", 2, "ann", kept.now())
    assert (there(kept), kept.get("a1")) == (["a1", "a2", "b1"], 2)
