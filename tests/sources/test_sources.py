"""What names a repository, and what an archive."""

import hashlib
from pathlib import Path

import pytest

from pluginhub.errors import SourceError
from pluginhub.models import Origin
from pluginhub.sources.sources import Sources
from tests.sources.fake_github import FakeGitHub

REPOSITORY = "https://github.com/example/clock"


def test_what_ends_like_an_archive_or_lies_elsewhere_is_one(sources: Sources) -> None:
    archives = [
        "https://example.org/clock.zip",
        "https://example.org/clock.TAR.GZ?token=x#y",
        f"{REPOSITORY}/releases/download/v1.0.0/clock.tgz",
        "https://example.org/download",
        "file:///etc/passwd",
    ]
    repositories = [REPOSITORY, f"{REPOSITORY}.git", "example/clock", "clock", ""]
    assert [name for name in archives if not sources.is_archive(name)] == []
    assert [name for name in repositories if sources.is_archive(name)] == []


async def test_either_is_fetched(github: FakeGitHub, sources: Sources, tmp_path: Path) -> None:
    github.release("v1.0.0", b"one")
    github.release("v2.0.0", b"two")
    url = f"{github.url}/files/example/clock/v1.0.0/clock.tar.gz"
    wanted = {
        (REPOSITORY, None): (Origin("github", REPOSITORY, "v2.0.0"), b"two"),
        (REPOSITORY, "v1.0.0"): (Origin("github", REPOSITORY, "v1.0.0"), b"one"),
        (url, None): (Origin("url", url), b"one"),
    }
    for number, ((source, version), (origin, content)) in enumerate(wanted.items()):
        file = tmp_path / str(number)
        got = await sources.fetch(
            source,
            version,
            file,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        assert (got, file.read_bytes()) == (origin, content)


async def test_what_was_promised_to_the_one_who_asks_counts(
    github: FakeGitHub, sources: Sources, tmp_path: Path
) -> None:
    github.release("v1.0.0", b"one")
    with pytest.raises(SourceError) as caught:
        await sources.fetch(REPOSITORY, None, tmp_path / "file", sha256="0" * 64)
    assert caught.value.code == "source-digest-mismatch"
    assert not (tmp_path / "file").exists()
