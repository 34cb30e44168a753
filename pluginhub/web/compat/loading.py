"""Whether the frontend could load a plugin (http-api section 4.4, "Test plugin")."""

from aiohttp import web
from pydantic import ConfigDict, Field

from pluginhub.manifest import Module
from pluginhub.models import Installation
from pluginhub.storage import media_types
from pluginhub.web import keys
from pluginhub.web.compat import lookup
from pluginhub.web.operations import Answer, operation


class ModuleLoading(Answer):
    """Whether a module would be loaded."""

    module_name: str = Field(serialization_alias="moduleName")
    configured: bool
    has_required_fields: bool = Field(serialization_alias="hasRequiredFields")
    issues: list[str]


class Loading(Answer):
    """Whether a plugin would be loaded, and what stands against it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plugin_installed": True,
                    "files_exist": True,
                    "manifest_valid": True,
                    "bundle_accessible": True,
                    "modules_configured": [
                        {
                            "moduleName": "ForecastCard",
                            "configured": True,
                            "hasRequiredFields": True,
                            "issues": [],
                        }
                    ],
                    "errors": [],
                    "warnings": [],
                }
            ]
        }
    )

    plugin_installed: bool
    files_exist: bool
    manifest_valid: bool
    bundle_accessible: bool
    modules_configured: list[ModuleLoading]
    errors: list[str]
    warnings: list[str]


@operation(any_query=True)
async def test_loading(request: web.Request) -> Loading:
    """Answer whether a plugin, named by its slug, id or name, would be loaded for the user."""
    found = await lookup.find(request) or await _of_name(request)
    if found is None:
        return Loading(
            plugin_installed=False,
            files_exist=False,
            manifest_valid=False,
            bundle_accessible=False,
            modules_configured=[],
            errors=[f"Plugin {request.match_info['id']} is not installed"],
            warnings=[],
        )
    return await _loading(request, found)


async def _of_name(request: web.Request) -> Installation | None:
    name = request.match_info["id"]
    installed = await lookup.installed(request)
    return next((item for item in installed if item.release.manifest.name == name), None)


async def _loading(request: web.Request, found: Installation) -> Loading:
    storage, release = request.app[keys.STORAGE], found.release
    entry = release.manifest.entry
    exists = await storage.holds(release)
    has_entry = release.id in await storage.with_entry([release])
    served = media_types.of(entry) is not None
    modules = [_module(found, module) for module in release.manifest.modules]
    problems = {
        f"the files of {release} are missing; publish it again": not exists,
        f"{release} has no file {entry}": exists and not has_entry,
        f"{entry} is of a type that is not served": not served,
        "the plugin is switched off": not found.enabled,
        "all modules are switched off": not any(module.configured for module in modules),
    }
    return Loading(
        plugin_installed=True,
        files_exist=exists,
        manifest_valid=True,  # it was refused otherwise when it was published
        bundle_accessible=has_entry and served and found.enabled,
        modules_configured=modules,
        errors=[text for text, applies in problems.items() if applies],
        warnings=[issue for module in modules for issue in module.issues],
    )


def _module(found: Installation, module: Module) -> ModuleLoading:
    is_on = module.name not in found.disabled_modules
    return ModuleLoading(
        module_name=module.name,
        configured=is_on,
        has_required_fields=True,
        issues=[] if is_on else [f"the module {module.name} is switched off"],
    )
