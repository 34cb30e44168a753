import pytest
from hypothesis import given
from hypothesis import strategies as st

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives import names

GOOD = [
    "a",
    "dist/remoteEntry.js",
    "name with spaces (1).txt",
    "ä/☃/日本語.md",
    "a..b/...x",
    ".git/HEAD",
    "console/auxiliary.js",
    "com/lpt10/com0x.js",
    "d/" * 32 + "x",
    "é" * 127,
    "é" * 127 + "x",
]
BAD = {
    "absolute-path": ["/", "/x", "//server/x", "\\x", "\\\\server\\x", "C:", "C:/x", "c:x"],
    "unsafe-path": ["", ".", "..", "a/", "a//b", "./a", "a/.", "a/..", "a/../b", "../a", "a\\b"],
    "too-deep": ["d/" * 33 + "x", "d/" * 100_000 + "x"],
    "bad-name": [
        *("\n", "a\0b", "a\x7fb", "a\x1b[1m", "\x85", "\ud800", "\udcff", "\ue000", "a\u00a0b"),
        *("\u200b", "\u202ex", "\u2066x", "\ufeffx", "\u00adx", "\U000e0001"),
        *("e\u0301", "\u212b", "\u1100\u1161"),  # not NFC
        *("a.", "a ", "a./b", "a /b", "...", "a. ", "ab:c", "a*", "a?", 'a"b', "a<b", "a>b", "a|b"),
        *("con", "PRN", "aux.js", "Nul.tar.gz", "nul .txt", "a/com1", "LPT9.x", "com0", "lpt0"),
        *("conin$", "CONOUT$", "com¹", "LPT².js", "COM³"),
        *("é" * 128, "x" * 256, "/".join(["d" * 200] * 6)),
    ],
}


@pytest.mark.parametrize("name", GOOD)
def test_a_plain_name_is_split(name: str) -> None:
    assert "/".join(names.components(name, 32)) == name


@pytest.mark.parametrize(("reason", "name"), [(key, name) for key in BAD for name in BAD[key]])
def test_a_name_is_refused_with_a_readable_message(reason: str, name: str) -> None:
    with pytest.raises(BadBundleError) as caught:
        names.components(name, 32)
    assert caught.value.reason == reason
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 3000
    assert name.startswith(caught.value.fields["entry"])


@given(st.text())
def test_any_text_is_split_or_refused(name: str) -> None:
    try:
        parts = names.components(name, 4)
    except BadBundleError:
        return
    assert "/".join(parts) == name
    assert not {"", ".", ".."} & set(parts)


@pytest.mark.parametrize("name", [".git", ".gitignore", "__pycache__", "node_modules", "..."])
def test_what_is_no_part_of_a_release_is_left_out(name: str) -> None:
    assert names.left_out(name)


@pytest.mark.parametrize("name", ["a.git", "pycache", "__pycache__x", "Node_Modules", "dist"])
def test_everything_else_is_kept(name: str) -> None:
    assert not names.left_out(name)


@pytest.mark.parametrize(
    ("one", "other"), [("A/b", "a/B"), ("é", "É"), ("ﬁ", "fi"), ("ß", "SS"), ("é", "e\u0301")]
)
def test_names_that_a_file_system_may_confuse_fold_to_one(one: str, other: str) -> None:
    assert names.folded(one) == names.folded(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("e", "é"), ("a/b", "ab"), ("a.", "a")])
def test_names_that_differ_stay_different(one: str, other: str) -> None:
    assert names.folded(one) != names.folded(other)
