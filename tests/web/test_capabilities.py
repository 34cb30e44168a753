from pathlib import Path

import pytest

from pluginhub.errors import DataDirectoryError
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web.capabilities import Capabilities, load_key

KEY = b"k" * 32


def test_a_capability_is_always_the_same_and_fits_into_a_path_segment() -> None:
    capability = Capabilities(KEY).issue("installation", "digest")
    assert capability == Capabilities(KEY).issue("installation", "digest")
    assert len(capability) == 24
    assert capability.replace("-", "a").replace("_", "a").isalnum()


@pytest.mark.parametrize(
    ("key", "installation", "digest"),
    [(b"x" * 32, "installation", "digest"), (KEY, "other", "digest"), (KEY, "installation", "o")],
)
def test_a_capability_is_good_for_one_key_installation_and_release(
    key: bytes, installation: str, digest: str
) -> None:
    capability = Capabilities(KEY).issue("installation", "digest")
    assert Capabilities(KEY).allows(capability, "installation", "digest")
    assert not Capabilities(key).allows(capability, installation, digest)


@pytest.mark.parametrize("text", ["", "ä", "\udcff", "\x00", "a" * 10_000])
def test_other_text_is_no_capability(text: str) -> None:
    assert not Capabilities(KEY).allows(text, "installation", "digest")


def test_the_key_is_made_once_and_only_the_owner_can_read_it(tmp_path: Path) -> None:
    data = DataDirectory.at(tmp_path)
    key = load_key(data)
    assert len(key) == 32
    assert load_key(data) == key
    assert data.capability_key.stat().st_mode & 0o777 == 0o600


def test_every_data_directory_has_a_key_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert load_key(DataDirectory.at(tmp_path)) != load_key(DataDirectory.at(tmp_path / "other"))


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 33])
def test_a_damaged_key_is_refused_because_anyone_could_guess_it(
    tmp_path: Path, content: bytes
) -> None:
    data = DataDirectory.at(tmp_path)
    data.capability_key.write_bytes(content)
    with pytest.raises(DataDirectoryError, match=r"capability\.key"):
        load_key(data)
