import hashlib
import io
import json
import os
import stat
import struct
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pluginhub.errors import BadBundleError
from pluginhub.manifest import Manifest
from pluginhub.storage import bundle
from pluginhub.storage.archives import names
from pluginhub.storage.archives.entry import Limits
from pluginhub.storage.bundle import Bundle, Description
from tests import bundles
from tests.storage.archives.bombs import BOMBS
from tests.storage.archives.making import Member, local_header, tar_header, zip_of
from tests.storage.forms import (
    FORMS,
    Entries,
    Form,
    as_directory,
    as_tar,
    as_tar_gz,
    as_zip,
    entries,
    files_below,
    listing,
)

X = b"x"
MANIFEST = "pluginhub.json"
NFD = "e\N{COMBINING ACUTE ACCENT}"
REFUSED: dict[str, tuple[str, Entries]] = {
    "a way up": ("unsafe-path", [("../x", X)]),
    "a way up in the middle": ("unsafe-path", [("a/../../x", X)]),
    "a way up for Windows": ("unsafe-path", [("..\\x", X)]),
    "a directory above": ("unsafe-path", [("..", None)]),
    "a dot": ("unsafe-path", [("./x", X)]),
    "two slashes": ("unsafe-path", [("a//b", X)]),
    "a backslash": ("unsafe-path", [("a\\b", X)]),
    "an absolute name": ("absolute-path", [("/x/y", X)]),
    "a drive": ("absolute-path", [("C:\\x", X)]),
    "a server": ("absolute-path", [("\\\\server\\x", X)]),
    "one name twice": ("duplicate-name", [("a", X), ("a", X)]),
    "one directory twice": ("duplicate-name", [("a", None), ("a", None)]),
    "one name twice, left out": ("duplicate-name", [(".git/a", X), (".git/a", X)]),
    "a second manifest": ("duplicate-name", [(MANIFEST, b"{}")]),
    "a file and a directory": ("duplicate-name", [("a", X), ("a/b", X)]),
    "a directory and a file": ("duplicate-name", [("a/b", X), ("a", X)]),
    "a file and an empty directory": ("duplicate-name", [("a", X), ("a", None)]),
    "case": ("case-clash", [("README", X), ("readme", X)]),
    "case of a directory": ("case-clash", [("Dist/x", X)]),
    "case of the manifest": ("case-clash", [("Pluginhub.json", X)]),
    "a ligature": ("case-clash", [("ﬁle", X), ("file", X)]),
    "a sharp s": ("case-clash", [("straße", X), ("strasse", X)]),
    "NFD": ("bad-name", [(NFD, X)]),
    "NFC and NFD": ("bad-name", [("é", X), (NFD, X)]),
    "a device": ("bad-name", [("CON", X)]),
    "a device with a suffix": ("bad-name", [("dist/aux.min.js", X)]),
    "a device as a directory": ("bad-name", [("nul/x.js", X)]),
    "a device with a raised digit": ("bad-name", [("COM¹.txt", X)]),
    "a dot at the end": ("bad-name", [("a.", X)]),
    "a space at the end": ("bad-name", [("a /b", X)]),
    "a stream of NTFS": ("bad-name", [("file.js:stream", X)]),
    "a newline": ("bad-name", [("a\nb", X)]),
    "an escape": ("bad-name", [("\x1b[2J", X)]),
    "right to left": ("bad-name", [("a\N{RIGHT-TO-LEFT OVERRIDE}sj.exe", X)]),
    "no width": ("bad-name", [("a\N{ZERO WIDTH SPACE}b", X)]),
    "too deep": ("too-deep", [("d/" * 33 + "x", X)]),
    "a long name": ("bad-name", [("é" * 128, X)]),
    "a long path": ("bad-name", [(f"{'d' * 200}/" * 6 + "x", X)]),
}
NO_MANIFEST: dict[str, Entries] = {
    "nothing at all": [],
    "only directories": [("a", None), ("b/c", None)],
    "another name": [("plugin.json", X), ("Lifecycle_manager.py", X)],
    "too deep in the tree": [("a/b/pluginhub.json", X), ("README", X)],
    "in a directory beside others": [("a/pluginhub.json", X), ("b/x", X)],
    "in a directory that is left out": [(".a/pluginhub.json", X), ("b", X)],
}
FEW = [(Limits(entries=4), "too-many-entries"), (Limits(unpacked=5000), "too-large")]


@pytest.fixture(name="source")
def _source(tmp_path: Path) -> Path:
    (tmp_path / "untouched").mkdir()
    (tmp_path / "untouched" / "canary").write_bytes(b"sings")
    return tmp_path / "untouched" / "bundle"


def unpack(source: Path, limits: Limits | None = None) -> Bundle:
    return bundle.unpack(source, source.parents[1] / "target", limits)


def refusal(source: Path, content: bytes | None = None, limits: Limits | None = None) -> Any:
    """Return the error, after a look at whether anything outside the target has changed."""
    if content is not None:
        source.write_bytes(content)
    before = listing(source.parents[1])
    with pytest.raises(BadBundleError) as caught:
        unpack(source, limits)
    after = listing(source.parents[1])
    inside = {path for path in after if path.partition("/")[0] == "target"}
    assert {path: after[path] for path in after.keys() - inside} == before
    return caught.value


def bad_manifest(content: bytes) -> bytes:
    return as_tar([(MANIFEST, content), (bundles.ENTRY, X)])


# What is refused


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("case", REFUSED)
def test_a_bundle_is_refused_for_its_names(source: Path, case: str, form: Form) -> None:
    reason, more = REFUSED[case]
    error = refusal(source, form(entries(*more)))
    assert (error.reason, error.code) == (reason, f"bundle-{reason}")
    assert str(error).isprintable()
    assert not (source.parents[1] / "target").exists()


@pytest.mark.parametrize("name", [name for name in REFUSED if "NF" in name or "device" in name])
def test_a_directory_is_refused_for_its_names_too(source: Path, name: str) -> None:
    reason, more = REFUSED[name]
    as_directory(entries(*more), source)
    assert refusal(source).reason == reason


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("case", NO_MANIFEST)
def test_a_bundle_without_a_manifest_is_refused(source: Path, case: str, form: Form) -> None:
    error = refusal(source, form(NO_MANIFEST[case]))
    assert error.reason == "no-manifest"
    assert str(error) == (
        "there is neither pluginhub.json nor lifecycle_manager.py at the top of the bundle"
    )


def test_every_problem_of_a_manifest_is_named_with_its_path(source: Path) -> None:
    wrong = bundles.manifest(modules=[{"name": "Face"}, {"tags": "time"}], colour="red")
    error = refusal(source, bad_manifest(json.dumps(wrong).encode()))
    assert error.reason == "bad-manifest"
    for problem in ("modules[1].name: required", "modules[1].tags: ", "colour: unknown key"):
        assert problem in str(error)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b"null", b'{"slug": NaN}'])
def test_a_manifest_that_is_no_json_object_is_refused(source: Path, content: bytes) -> None:
    assert refusal(source, bad_manifest(content)).reason == "bad-manifest"


def test_a_huge_manifest_is_refused_unread(source: Path) -> None:
    content = json.dumps(bundles.manifest()).encode() + b" " * 1024 * 1024
    assert "larger than" in str(refusal(source, bad_manifest(content)))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize("to", ["../untouched/canary", "pluginhub.json", "/"])
def test_a_tar_with_a_link_is_refused(source: Path, kind: bytes, to: str) -> None:
    with tarfile.open(source, "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = kind, to
        archive.addfile(link)
        file = tarfile.TarInfo("link/x")
        archive.addfile(file)
    assert refusal(source).reason == "link"


def test_a_zip_with_a_link_is_refused(source: Path) -> None:
    link = Member(b"link", b"../untouched", method=0, mode=stat.S_IFLNK | 0o777)
    assert refusal(source, zip_of(link, Member(b"link/x"))).reason == "link"


@pytest.mark.parametrize("kind", [tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE])
def test_a_tar_with_a_special_file_is_refused(source: Path, kind: bytes) -> None:
    with tarfile.open(source, "w") as archive:
        special = tarfile.TarInfo("special")
        special.type = kind
        archive.addfile(special)
    assert refusal(source).reason == "special-file"


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_tar_gz_is_refused(source: Path, kept: float) -> None:
    content = as_tar_gz(entries(("noise", os.urandom(5000))))
    assert refusal(source, content[: int(len(content) * kept)]).reason == "truncated"


@pytest.mark.parametrize("cut", [1, 4, 8])
def test_a_tar_gz_without_its_whole_checksum_is_refused(source: Path, cut: int) -> None:
    assert refusal(source, as_tar_gz(entries())[:-cut]).reason == "truncated"


@pytest.mark.parametrize("content", [b"", b"x", b"<!doctype html>" * 100, b"MZ" + b"\0" * 2000])
def test_something_else_is_no_archive(source: Path, content: bytes) -> None:
    assert refusal(source, content).reason in {"not-an-archive", "corrupt", "truncated"}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("limits", "reason"), FEW)
def test_a_bundle_is_refused_for_its_size(
    source: Path, form: Form, limits: Limits, reason: str
) -> None:
    content = form(entries(("zeros", bytes(20_000)), ("more", X)))
    assert refusal(source, content, limits).reason == reason


@pytest.mark.parametrize(("limits", "reason"), FEW)
def test_a_directory_is_refused_for_its_size(source: Path, limits: Limits, reason: str) -> None:
    as_directory(entries(("zeros", bytes(20_000)), ("more", X)), source)
    assert refusal(source, None, limits).reason == reason


@pytest.mark.parametrize("form", [as_tar_gz, as_zip])
def test_a_bundle_is_refused_if_it_expands_too_much(source: Path, form: Form) -> None:
    content = form(entries(("zeros", bytes(20_000))))
    error = refusal(source, content, Limits(ratio=2, ratio_floor=5000))
    assert error.reason == "expands-too-much"


@pytest.mark.parametrize("form", [as_tar_gz, as_zip])
def test_a_small_bundle_may_expand_as_it_likes(source: Path, form: Form) -> None:
    source.write_bytes(form(entries(("zeros", bytes(20_000)))))
    assert unpack(source, Limits(ratio=2, ratio_floor=50_000)).size > 20_000


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_before_a_byte_of_it_is_written(source: Path, bomb: str) -> None:
    make, reason = BOMBS[bomb]
    content = make()
    assert len(content) < 6_000_000
    assert refusal(source, content).reason == reason
    assert not (source.parents[1] / "target").exists()


def link(name: str, to: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, to
    return made


def folder(name: str, mode: int = 0o755) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.mode = tarfile.DIRTYPE, mode
    return made


def too_long_to_resolve() -> list[tarfile.TarInfo]:
    """Return links on a way that is longer than what is resolved: CVE-2025-4517, CVE-2025-4330."""
    made, way = [], ""
    for step in "abcdefghijklmnop":
        made += [folder(f"{way}{'d' * 247}"), link(f"{way}{step}", "d" * 247)]
        way += f"{'d' * 247}/"
    far = f"{'/'.join('abcdefghijklmnop')}/{'l' * 254}"
    made += [link(far, "../" * 16), link("escape", f"{far}/../untouched")]
    return [*made, link("hard", "escape/canary", tarfile.LNKTYPE), tarfile.TarInfo("hard")]


# Ways by which archives led the filters of the standard library out of their directory.
ESCAPES: dict[str, list[tarfile.TarInfo]] = {
    "a way too long to resolve": too_long_to_resolve(),
    "a link as the directory of a link": [
        link("a", "."),
        link("b", "a/../.."),
        tarfile.TarInfo("b/untouched/canary"),
    ],
    "a hard link to a link": [
        link("a", "../untouched/canary"),
        link("b", "a", tarfile.LNKTYPE),
        tarfile.TarInfo("b"),
    ],
    "a link that a directory takes the place of": [
        link("a", "../untouched"),
        folder("a", 0o777),
        tarfile.TarInfo("a/canary"),
    ],
    "a link with a slash at its end": [link("a/", "../untouched"), tarfile.TarInfo("a/canary")],
    "modes and times of the directory above": [folder("a/..", 0o777)],
    "an absolute link": [link("a", "/"), tarfile.TarInfo("a/tmp/canary")],
    "a link to nothing": [link("a", ""), tarfile.TarInfo("a/canary")],
}


@pytest.mark.parametrize("case", ESCAPES)
def test_no_known_way_out_of_a_directory_leads_anywhere(source: Path, case: str) -> None:
    with tarfile.open(source, "w") as archive:
        for member in ESCAPES[case]:
            archive.addfile(member)
    assert refusal(source).reason in {"link", "unsafe-path", "unsupported"}
    assert not (source.parents[1] / "target").exists()


@pytest.mark.parametrize("magic", [b"ustar\x0000", bytes(8)], ids=["ustar", "v7"])
def test_what_is_two_kinds_of_archive_at_once_is_refused(source: Path, magic: bytes) -> None:
    head = bytearray(tar_header(name=b"PK\3\4", size=1024, magic=magic))
    member = Member(MANIFEST.encode(), bundles.files()[MANIFEST], method=0)
    start = len(local_header(member))
    extra = struct.pack("<2H", 0xFEED, 512 - start - 4) + head[start + 4 :]
    both = bytearray(zip_of(Member(member.name, member.content, 0, local={"extra": extra})))
    fields = bytes(both[:148]) + b" " * 8 + bytes(both[156:512])
    both[148:156] = b"%06o\0 " % sum(fields)
    with zipfile.ZipFile(io.BytesIO(both)) as archive:
        assert archive.namelist() == [MANIFEST]
    with tarfile.open(fileobj=io.BytesIO(both)) as other:
        assert other.next() is not None
    assert refusal(source, bytes(both)).reason == "corrupt"


# What is accepted


@pytest.mark.parametrize("form", [*FORMS.values(), None], ids=[*FORMS, "directory"])
def test_a_bundle_becomes_its_files(source: Path, form: Form | None) -> None:
    if form is None:
        as_directory(entries(("empty", b""), ("folder", None)), source)
    else:
        source.write_bytes(form(entries(("empty", b""), ("folder", None))))
    unpacked = unpack(source)
    expected = {**bundles.files(), "empty": b""}
    assert listing(unpacked.tree) == {**expected, "dist": None}
    assert [file.path for file in unpacked.files] == sorted(expected)
    for file in unpacked.files:
        content = expected[file.path]
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert unpacked.size == sum(map(len, expected.values()))
    assert unpacked.manifest.slug == "Clock"


def test_files_know_the_type_they_are_served_as(source: Path) -> None:
    source.write_bytes(as_zip(entries(("setup.py", X))))
    types = {file.path: file.media_type for file in unpack(source).files}
    assert types == {
        "dist/chunk.js": "text/javascript; charset=utf-8",
        "dist/face.png": "image/png",
        "dist/remoteEntry.js": "text/javascript; charset=utf-8",
        "pluginhub.json": "application/json",
        "setup.py": None,
    }


def test_the_same_files_have_the_same_digest_in_every_form(tmp_path: Path) -> None:
    files = entries(("näme with spaces.md", b"1"), ("a/b/c.js", b"2"), ("a.b/c.js", b"3"))
    backwards = list(reversed(files))
    digests = set()
    for number, content in enumerate(
        [form(order) for form in FORMS.values() for order in (files, backwards)]
        + [form(entries(*files[4:], top="top/")) for form in FORMS.values()]
    ):
        (tmp_path / "source").write_bytes(content)
        digests.add(bundle.unpack(tmp_path / "source", tmp_path / f"{number}").digest)
    folder = as_directory(files, tmp_path / "folder")
    digests.add(bundle.unpack(folder, tmp_path / "target").digest)
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def test_other_bytes_names_or_places_have_another_digest(tmp_path: Path) -> None:
    variants = [("a/b", b"x"), ("a/b", b"y"), ("a/c", b"x"), ("ab", b"x"), ("a/b", b"xx")]
    digests = set()
    for number, variant in enumerate([*variants, ("pluginhub.md", b"")]):
        (tmp_path / "source").write_bytes(as_tar(entries(variant)))
        digests.add(bundle.unpack(tmp_path / "source", tmp_path / f"{number}").digest)
    assert len(digests) == 6


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_the_only_directory_at_the_top_is_not_part_of_the_names(source: Path, form: Form) -> None:
    more: Entries = [(".gitignore", X), ("Clock-8f3c", None), (".github/ci.yml", X)]
    source.write_bytes(form([*more, *entries(top="Clock-8f3c/")]))
    unpacked = unpack(source)
    assert [file.path for file in unpacked.files] == sorted(bundles.files())
    assert files_below(unpacked.tree) == bundles.files()


def test_only_one_directory_is_taken_off(source: Path) -> None:
    source.write_bytes(as_tar(entries(top="one/two/")))
    assert refusal(source).reason == "no-manifest"


def test_no_directory_is_taken_off_if_there_are_two(source: Path) -> None:
    more: Entries = [(MANIFEST, bundles.files()[MANIFEST]), ("one/x", X), ("two/x", X)]
    source.write_bytes(as_tar(more))
    assert [file.path for file in unpack(source).files] == ["one/x", "pluginhub.json", "two/x"]


@pytest.mark.parametrize("form", [*FORMS.values(), None], ids=[*FORMS, "directory"])
def test_some_names_are_left_out_with_all_below_them(source: Path, form: Form | None) -> None:
    left_out = [".git/HEAD", ".gitignore", "__pycache__/a.pyc", "dist/__pycache__/a.pyc"]
    left_out += ["node_modules/react/index.js", "dist/.hidden", "dist/.cache/a/b", ".DS_Store"]
    kept = ["node_modules.js", "dist/a.hidden", "pycache", "my node_modules/x"]
    content = entries(*((name, X) for name in (*left_out, *kept)))
    if form is None:
        as_directory(content, source)
    else:
        source.write_bytes(form(content))
    unpacked = unpack(source)
    assert {file.path for file in unpacked.files} == {*bundles.files(), *kept}
    assert files_below(unpacked.tree).keys() == {*bundles.files(), *kept}


@pytest.mark.parametrize("mode", [0o000, 0o777, 0o4755, 0o2755, 0o1777])
def test_modes_in_a_tar_mean_nothing(source: Path, mode: int) -> None:
    with tarfile.open(source, "w") as archive:
        for name, content in bundles.files().items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid = len(content), mode, 12345
            archive.addfile(info, io.BytesIO(content))
    tree = unpack(source).tree
    assert {oct(file.stat().st_mode) for file in tree.rglob("*.*")} == {"0o100444"}
    assert {file.stat().st_uid for file in tree.rglob("*")} == {os.getuid()}


def test_modes_in_a_zip_mean_nothing(source: Path) -> None:
    files = bundles.files().items()
    members = [Member(name.encode(), content, mode=0o106777) for name, content in files]
    source.write_bytes(zip_of(*members))
    tree = unpack(source).tree
    assert {oct(file.stat().st_mode) for file in tree.rglob("*.*")} == {"0o100444"}


def test_an_archive_in_an_archive_is_a_file_like_any_other(source: Path) -> None:
    inner = as_tar([("../x", X)])
    source.write_bytes(as_zip(entries(("old.tar", inner))))
    assert files_below(unpack(source).tree)["old.tar"] == inner


# What a bundle says of itself

MANAGER = b"""
class ClockLifecycleManager:
    def __init__(self):
        self.plugin_data = {
            "name": "The Clock",
            "plugin_slug": "Clock",
            "version": "1.0.0",
            "scope": "Clock",
            "bundle_method": "webpack",
        }
        self.module_data = [{"name": "Face"}]
"""
PACKAGE: Entries = [("lifecycle_manager.py", MANAGER), (bundles.ENTRY, X)]


def described(source: Path, files: Entries, top: str = "") -> Description:
    source.write_bytes(as_tar([(f"{top}{name}", content) for name, content in files]))
    return unpack(source).description


def with_manifest(*more: tuple[str, bytes], **keys: Any) -> Entries:
    manifest = json.dumps(bundles.manifest(**keys)).encode()
    return [(MANIFEST, manifest), (bundles.ENTRY, X), *more]


def test_a_bundle_without_hooks_has_no_contract(source: Path) -> None:
    found = described(source, entries())
    assert found == Description(Manifest(**bundles.manifest()), None, {}, {})


def test_a_bundle_with_hooks_has_the_contract_of_pluginhub(source: Path) -> None:
    found = described(source, with_manifest(("a/hooks.py", X), hooks="a/hooks.py"))
    assert (found.contract, found.manifest.hooks) == ("pluginhub", "a/hooks.py")
    assert (found.application, found.other_versions) == ({}, {})


@pytest.mark.parametrize("hooks", ["hooks.py", "A/hooks.py", "a", ".hooks.py", "folder"])
def test_a_bundle_without_the_hooks_that_it_names_is_refused(source: Path, hooks: str) -> None:
    more = with_manifest(("a/hooks.py", X), (".hooks.py", X), ("folder/x", X), hooks=hooks)
    error = refusal(source, as_tar(more))
    assert error.reason == "bad-manifest"
    assert str(error) == f"pluginhub.json: hooks: the bundle has no {hooks!r}"


@pytest.mark.parametrize("top", ["", "Clock-main/"])
def test_a_package_of_braindrive_is_described_by_its_lifecycle_manager(
    source: Path, top: str
) -> None:
    found = described(source, PACKAGE, top)
    assert found.contract == "braindrive"
    assert (found.manifest.slug, found.manifest.version) == ("Clock", "1.0.0")
    assert [module.name for module in found.manifest.modules] == ["Face"]
    assert found.manifest.hooks == "lifecycle_manager.py"
    assert found.application == {"bundle_method": "webpack"}
    assert found.other_versions == {}


def test_a_package_tells_where_it_has_another_version(source: Path) -> None:
    package = [*PACKAGE, ("package.json", b'{"version": "1.1.0"}')]
    assert described(source, package, "Clock-2.0.0/").other_versions == {
        "package.json": "1.1.0",
        "directory": "2.0.0",
    }


def test_pluginhub_json_is_asked_before_a_lifecycle_manager(source: Path) -> None:
    found = described(source, entries(("lifecycle_manager.py", b"not python")))
    assert (found.contract, found.manifest) == (None, Manifest(**bundles.manifest()))


def test_a_lifecycle_manager_below_the_top_is_no_description(source: Path) -> None:
    content = as_tar([("a/lifecycle_manager.py", MANAGER), ("b", X)])
    assert refusal(source, content).reason == "no-manifest"


def test_a_lifecycle_manager_that_cannot_be_read_is_refused(source: Path) -> None:
    error = refusal(source, as_tar([("lifecycle_manager.py", b"def"), (bundles.ENTRY, X)]))
    assert error.reason == "bad-manifest"
    assert "lifecycle_manager.py" in str(error)


@pytest.mark.parametrize(
    ("top", "other"),
    [
        ("Clock-1.2.0", "1.2.0"),
        ("Clock-v1.2.0", "v1.2.0"),
        ("Clock-v2", "v2"),
        ("Clock-1.0.0-rc.1", "1.0.0-rc.1"),
        ("Clock-2-1.2.0", "1.2.0"),
        ("Clock-1.0.0", None),
        ("Clock-v1.0.0", None),
        ("Clock-2-1.0.0", None),
        ("Clock-main", None),
        ("ann-Clock-8f3c12a", None),
        ("ann-Clock-1234567", None),
        ("Clock-1.2.0 (copy)", None),
        ("Clock", None),
        ("1.2.0", None),
    ],
)
def test_the_name_of_the_top_directory_may_tell_another_version(
    source: Path, top: str, other: str | None
) -> None:
    expected = {} if other is None else {"directory": other}
    assert described(source, entries(), f"{top}/").other_versions == expected


def test_a_directory_that_is_not_the_top_tells_no_version(source: Path) -> None:
    assert described(source, entries(("Clock-1.2.0/x", X))).other_versions == {}


# Packing


def packed(folder: Path) -> bytes:
    buffer = io.BytesIO()
    bundle.pack(folder, buffer)
    return buffer.getvalue()


def test_a_packed_directory_unpacks_to_the_same_digest(tmp_path: Path) -> None:
    long = "d/" * 30 + "ä" * 100
    folder = as_directory(entries((long, X), (".git/x", X), ("empty", None)), tmp_path / "folder")
    os.link(folder / bundles.ENTRY, folder / "second name")
    (folder / bundles.ENTRY).chmod(0o755)
    (tmp_path / "packed").write_bytes(packed(folder))
    first = bundle.unpack(folder, tmp_path / "one")
    second = bundle.unpack(tmp_path / "packed", tmp_path / "two")
    assert first.files == second.files
    assert first.digest == second.digest


@pytest.mark.parametrize("to", ["pluginhub.json", "/etc", "missing"])
def test_a_directory_with_a_link_is_not_packed(tmp_path: Path, to: str) -> None:
    folder = as_directory(entries(), tmp_path / "folder")
    (folder / "dist" / "link").symlink_to(to)
    with pytest.raises(BadBundleError, match=r"dist/link.* is a symbolic link"):
        packed(folder)


def _portable(name: str) -> bool:
    try:
        return len(names.components(name, 1)) == 1
    except BadBundleError:
        return False


NAMES = st.text(alphabet="aB9._- ß☃é", min_size=1, max_size=8).filter(_portable)
TREES = st.recursive(
    st.binary(max_size=50),
    lambda below: st.lists(
        st.tuples(NAMES, below), max_size=4, unique_by=lambda item: names.folded(item[0])
    ).map(dict),
    max_leaves=12,
)


def flat(tree: Any, prefix: str = "") -> dict[str, bytes]:
    if isinstance(tree, bytes):
        return {prefix: tree}
    below = (flat(part, f"{prefix}/{name}".removeprefix("/")) for name, part in tree.items())
    return {path: content for one in below for path, content in one.items()}


@settings(max_examples=60, deadline=None)
@given(TREES.filter(lambda tree: isinstance(tree, dict)))
def test_any_tree_survives_packing_and_unpacking(tree: dict[str, Any]) -> None:
    files = {**flat(tree), MANIFEST: bundles.files()[MANIFEST]}
    kept = {
        path: content
        for path, content in files.items()
        if not any(part.startswith(".") for part in path.split("/"))
    }
    with tempfile.TemporaryDirectory() as name:
        folder = as_directory(files.items(), Path(name, "folder"))
        Path(name, "packed").write_bytes(packed(folder))
        unpacked = bundle.unpack(Path(name, "packed"), Path(name, "target"))
        assert files_below(unpacked.tree) == kept
        assert unpacked.digest == bundle.unpack(folder, Path(name, "again")).digest
