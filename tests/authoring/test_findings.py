from pluginhub.authoring.findings import Finding, refused
from pluginhub.errors import BadBundleError


def test_a_finding_is_one_line_that_editors_can_follow() -> None:
    error = Finding("c", "error", "is wrong", "pluginhub.json", 12, 5)
    assert str(error) == "pluginhub.json:12:5: is wrong"
    assert str(Finding("c", "warning", "is odd", "a.js")) == "a.js: warning: is odd"
    assert str(Finding("c", "note", "two files")) == "note: two files"


def test_what_matters_most_comes_first() -> None:
    note, late = Finding("c", "note", "n"), Finding("c", "error", "e", "b", 9)
    early = Finding("c", "error", "e", "b", 2)
    assert sorted([note, late, early], key=lambda each: each.order) == [early, late, note]


def test_what_readers_refuse_keeps_its_code_and_its_entry() -> None:
    found = refused(BadBundleError("link", "is a link", entry="a/b"))
    assert (found.code, found.severity, found.file) == ("bundle-link", "error", "a/b")
