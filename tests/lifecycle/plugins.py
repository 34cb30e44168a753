"""Plugins with hooks that tests write."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from tests import bundles, packages
from tests.lifecycle.conftest import Shelf
from tests.packages.files import package
from tests.packages.template import source

_HEAD = """\
import json, sys, time
from pluginhub.hooks import HookContext, HookRefusedError, LifecycleHooks, Status

class Hooks(LifecycleHooks):
"""

# The methods of a plugin whose installation takes as long as a test wants.
WAITING = """
def on_install(self, context):
    (context.scratch / "here").touch()
    while not (context.scratch / "go").exists():
        time.sleep(0.01)
"""


def hooked(
    methods: str,
    slug: str = "Clock",
    version: str = "1.0.0",
    more_files: Mapping[str, bytes] | None = None,
    **manifest: Any,
) -> bytes:
    """Return a bundle with hooks.

    Args:
        methods: Of the class, without indentation.
        slug: Of the plugin.
        version: Of the release.
        more_files: Contents by path.
        **manifest: More keys of the manifest.
    """
    hooks = _HEAD + indent(dedent(methods), " " * 4) + "\n    pass\n"
    files = bundles.files(slug, version, hooks="hooks.py", **manifest)
    return bundles.tar_gz({**files, "hooks.py": hooks.encode(), **(more_files or {})})


def existing(version: str = "1.0.0", slug: str = "Notes", **statements: str) -> bytes:
    """Return a package of the older system.

    Args:
        version: Of the release.
        slug: Of the plugin.
        **statements: More of its lifecycle manager, as ``template.source`` takes them.
    """
    statements = {name: dedent(lines) for name, lines in statements.items()}
    return bundles.tar_gz(package(slug, version, source(**statements)))


def of_family(name: str, version: str = "1.0.0", slug: str = "Notes") -> bytes:
    """Return a package of the older system as one family of its plugins is written."""
    return bundles.tar_gz(packages.FAMILIES[name](slug, version))


async def waiting(shelf: Shelf, number: int) -> list[Path]:
    """Return where hooks wait to be let go, when there are so many."""
    while len(found := list(shelf.data.staging.glob("*/here"))) < number:  # noqa: ASYNC110 - files tell nobody
        await asyncio.sleep(0.01)
    return found


def let_go(places: list[Path]) -> None:
    """Let hooks that wait go on."""
    for place in places:
        place.with_name("go").touch()
