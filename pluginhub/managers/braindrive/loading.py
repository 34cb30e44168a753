"""Finds the lifecycle manager in the file of a plugin, and makes one."""

import importlib.util
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from pluginhub.managers.braindrive import app
from pluginhub.managers.braindrive.app.plugins import base_lifecycle_manager

# By what names plugins import what is theirs; loaded here, before a process is forked.
_MODULES = {
    "app": app,
    "app.plugins": app.plugins,
    "app.plugins.base_lifecycle_manager": base_lifecycle_manager,
}
_NO_PLUGIN = {"BaseLifecycleManager", "LifecycleManager"}
_FUNCTIONS = ("install_plugin", "delete_plugin", "get_plugin_status", "update_plugin")


def load(file: Path, slug: str) -> ModuleType:
    """Import the file of a lifecycle manager.

    Modules beside it can be imported from then on, and ``app`` is what plugins derive from.

    Args:
        file: A Python file.
        slug: The plugin; a part of the module's name.

    Raises:
        Exception: Whatever the plugin raises.
    """
    sys.dont_write_bytecode = True  # the files are a copy that is removed
    sys.modules.update(_MODULES)
    sys.path.insert(0, str(file.parent))
    name = f"{slug}_lifecycle_manager"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def manager(module: ModuleType, available: Mapping[str, Any]) -> Any:
    """Return a lifecycle manager: of the module's class, or the module if it has functions.

    Args:
        module: As imported.
        available: What constructors ask for: ``plugins_base_dir``, or ``plugin_slug``,
            ``version`` and ``shared_storage_path``.

    Raises:
        ImportError: There is neither.
        Exception: Whatever the plugin raises.
    """
    if kind := _pick(module):
        return _construct(kind, available)
    if any(callable(getattr(module, name, None)) for name in _FUNCTIONS):
        return module
    raise ImportError(
        f"{Path(module.__file__ or '').name} has no class whose name ends with LifecycleManager,"
        f" and no function {', '.join(_FUNCTIONS)}"
    )


def _pick(module: ModuleType) -> type | None:
    classes = {
        value
        for name, value in vars(module).items()
        if name.endswith("LifecycleManager")
        and name not in _NO_PLUGIN
        and inspect.isclass(value)
        and value.__name__ not in _NO_PLUGIN
        and not inspect.isabstract(value)
    }
    own = {kind for kind in classes if kind.__module__ == module.__name__}
    found = own or classes
    bases = {base for kind in found for base in kind.__mro__[1:]}
    return min(found - bases, key=lambda kind: kind.__name__, default=None)


def _construct(kind: type, available: Mapping[str, Any]) -> Any:
    parameters = inspect.signature(kind).parameters
    needed = [
        parameter
        for parameter in parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}
    ]
    if "plugins_base_dir" in parameters:
        return kind(plugins_base_dir=available["plugins_base_dir"])
    if needed or any(
        parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters.values()
    ):
        return kind(
            available["plugin_slug"], available["version"], available["shared_storage_path"]
        )
    return kind()
