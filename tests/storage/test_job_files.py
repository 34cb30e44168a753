from pathlib import Path

from pluginhub.storage.job_files import JobFiles


async def test_a_bundle_is_kept_until_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    files = JobFiles(tmp_path / "jobs")
    upload = tmp_path / "upload"
    upload.write_bytes(b"bundle")
    assert not await files.holds("a")
    await files.keep("a", upload)
    assert not upload.exists()
    assert (files.bundle("a").read_bytes(), await files.ids()) == (b"bundle", ["a"])
    assert await files.holds("a")
    await files.remove("a")
    assert await files.ids() == []
    await files.remove("a")
