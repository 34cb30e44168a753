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
    assert files.bundle("a").read_bytes() == b"bundle"
    assert await files.holds("a")
    await files.remove("a")
    assert not await files.holds("a")
    await files.remove("a")


async def test_only_what_an_earlier_process_has_kept_is_left(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    earlier, files = JobFiles(tmp_path / "jobs"), JobFiles(tmp_path / "jobs")
    for keeper, job in ((earlier, "a"), (files, "b")):
        (tmp_path / "upload").write_bytes(b"bundle")
        await keeper.keep(job, tmp_path / "upload")
    assert await files.left() == ["a"]
    await files.remove("a")
    assert await files.left() == []
