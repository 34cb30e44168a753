"""Build the sample plugins of the demo: ``python build.py [--output DIR]``.

Needs Node.js with npm. The archives are the same byte for byte on every run, so that building
again without a change leaves nothing to commit.
"""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "plugins"
BUNDLES = HERE / "bundles"

_PLAIN = ("pluginhub.json", "README.md", "CHANGELOG.md", "hooks.py")  # packed as they are


class BuildError(Exception):
    """The plugins cannot be built; the message says why."""


def build(output: Path) -> list[Path]:
    """Build every version of every sample plugin.

    The sources are copied first, so that they stay free of ``node_modules`` and ``dist``.

    Args:
        output: The directory that receives the archives; it is made if it is missing.

    Returns:
        The archives, sorted by name.

    Raises:
        BuildError: npm is missing, or one of its commands failed.
    """
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pluginhub-demo-") as temporary:
        workspace = Path(temporary).resolve() / "plugins"
        shutil.copytree(SOURCES, workspace, ignore=shutil.ignore_patterns("node_modules", "dist"))
        manifests = sorted(workspace.rglob("pluginhub.json"))
        _npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", directory=workspace)
        _npm("run", "build", directory=workspace)
        return sorted(_pack(manifest, output) for manifest in manifests)


def _npm(*arguments: str, directory: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise BuildError("npm was not found; install Node.js 20 or later and try again")
    # The arguments are the literals above, and nothing passes through a shell.
    done = subprocess.run([npm, *arguments], cwd=directory, check=False)  # noqa: S603
    if done.returncode:
        raise BuildError(f"npm {arguments[0]} failed with exit status {done.returncode}")


def _pack(manifest: Path, output: Path) -> Path:
    """Pack the plugin that a manifest describes below one directory, ``<slug>-<version>/``."""
    described = json.loads(manifest.read_bytes())
    name = f"{described['slug']}-{described['version']}"
    bundle = output / f"{name}.tar.gz"
    with (
        bundle.open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in _contents(manifest.parent):
            _add(archive, path, f"{name}/{path.relative_to(manifest.parent).as_posix()}")
    return bundle


def _contents(plugin: Path) -> Iterator[Path]:
    """Yield the files of a bundle in an order that does not depend on the file system."""
    yield from (path for name in _PLAIN if (path := plugin / name).is_file())
    yield from sorted(path for path in (plugin / "dist").rglob("*") if path.is_file())


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file without a trace of when, where and by whom it was built."""
    member = tarfile.TarInfo(name)
    member.size = path.stat().st_size
    member.mode = 0o644
    with path.open("rb") as file:
        archive.addfile(member, file)


def main() -> None:
    """Build into the directory that the command line names, and print what was built."""
    parser = argparse.ArgumentParser(description="Build the sample plugins of the demo.")
    parser.add_argument("--output", type=Path, default=BUNDLES, help="default: %(default)s")
    try:
        bundles = build(parser.parse_args().output)
    except BuildError as error:
        sys.exit(str(error))
    for bundle in bundles:
        sys.stdout.write(f"{bundle} ({bundle.stat().st_size} bytes)\n")


if __name__ == "__main__":
    main()
