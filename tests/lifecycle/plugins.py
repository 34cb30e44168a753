"""Plugins with hooks that tests write."""

from collections.abc import Mapping
from textwrap import dedent, indent
from typing import Any

from tests import bundles, packages
from tests.packages.files import package
from tests.packages.template import source

_HEAD = """\
import json, sys, time
from pluginhub.hooks import HookContext, HookRefusedError, LifecycleHooks, Status

class Hooks(LifecycleHooks):
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
