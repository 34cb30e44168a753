"""Bundles for benchmarks."""

import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

ENTRY = "dist/remoteEntry.js"


def bundle(
    slug: str, files: Mapping[str, bytes], version: str = "1.0.0", modules: int = 1, **manifest: Any
) -> bytes:
    """Return a bundle, not compressed.

    Args:
        slug: Of the plugin.
        files: Beside its manifest.
        version: Of the release.
        modules: How many it has.
        manifest: More keys.
    """
    described = {
        "slug": slug,
        "name": slug,
        "version": version,
        "scope": slug.replace("-", ""),
        "modules": [{"name": f"Card{number}"} for number in range(modules)],
        **manifest,
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in {**files, "pluginhub.json": json.dumps(described).encode()}.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
