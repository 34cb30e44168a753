"""Makes bundles for tests."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

ENTRY = "dist/remoteEntry.js"


def manifest(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """Return a valid manifest, with whatever else is given."""
    return {
        "slug": slug,
        "name": f"The {slug}",
        "version": version,
        "scope": slug.replace("-", "_"),
        "modules": [{"name": "Face", "display_name": "Clock face", "tags": ["time"]}],
        **more,
    }


def files(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> dict[str, bytes]:
    """Return the files of a small plugin, by path."""
    return {
        "pluginhub.json": json.dumps(manifest(slug, version, **more)).encode(),
        ENTRY: f"var {slug} = '{version}';".encode(),
        "dist/chunk.js": b"lazy();",
        "dist/face.png": b"\x89PNG fake",
    }


def tar_gz(content: Mapping[str, bytes], top: str = "") -> bytes:
    """Pack files as a .tar.gz, all below ``top`` if that is given."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, data in content.items():
            info = tarfile.TarInfo(f"{top}/{path}" if top else path)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)


def bundle(slug: str = "Clock", version: str = "1.0.0", **more: Any) -> bytes:
    """Return a small valid bundle as a .tar.gz."""
    return tar_gz(files(slug, version, **more))
