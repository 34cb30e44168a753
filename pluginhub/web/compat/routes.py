"""Every address of the existing frontend's API (http-api section 3)."""

from pluginhub.web.compat import (
    auth,
    details,
    install,
    installations,
    loading,
    manifest,
    modules,
    plugin_state,
    plugins,
    services,
    shell,
    status,
    switches,
    update,
    updates,
    users,
)
from pluginhub.web.files import serve
from pluginhub.web.routing import Route

ROUTES = [
    Route("POST", "/api/v1/auth/register", users.register, "public"),
    Route("POST", "/api/v1/auth/login", auth.login, "public"),
    Route("POST", "/api/v1/auth/refresh", auth.refresh, "public"),
    Route("POST", "/api/v1/auth/logout", auth.logout, "user", "sign-in"),
    Route("GET", "/api/v1/auth/me", users.me, "user"),
    Route("PUT", "/api/v1/auth/profile/username", users.rename, "user", "sign-in"),
    Route("PUT", "/api/v1/auth/profile/password", users.change_password, "user", "sign-in"),
    # Plugins, by slug or by {user}_{slug}
    Route("GET", "/api/v1/plugins/manifest/designer", manifest.designer, "user"),
    Route("GET", "/api/v1/plugins/manifest", manifest.manifest, "user"),
    Route("GET", "/api/v1/plugins/test", plugins.works, "user"),
    Route("GET", "/api/v1/plugins/available", plugins.available, "user"),
    Route("GET", "/api/v1/plugins/by-slug/{id}", plugins.by_slug, "user"),
    Route("GET", "/api/v1/plugins/{id}/info", plugins.info, "user"),
    Route("POST", "/api/v1/plugins/refresh-cache", plugins.refresh_cache, "user"),
    Route("GET", "/api/v1/plugins/{id}/status", status.show, "user"),
    Route("POST", "/api/v1/plugins/{id}/test-loading", loading.test_loading, "user"),
    # Modules
    Route("GET", "/api/v1/plugins/manager", modules.manager, "user"),
    Route("GET", "/api/v1/plugins/categories", modules.categories, "user"),
    Route("GET", "/api/v1/plugins/tags", modules.tags, "user"),
    Route("GET", "/api/v1/plugins/{id}/modules", modules.of_plugin, "user"),
    Route("GET", "/api/v1/plugins/{id}/modules/{module}", details.details, "user"),
    Route("GET", "/api/v1/plugins/direct/{id}/modules/{module}", details.details, "user"),
    Route("GET", "/api/v1/plugins/simple/{id}/modules/{module}", details.simple, "user"),
    # What users do with plugins
    Route("POST", "/api/v1/plugins/install", install.upload, "publisher"),
    Route("POST", "/api/v1/plugins/install-from-url", install.from_url, "publisher"),
    Route("GET", "/api/v1/plugins/updates/available", updates.available, "user"),
    Route("GET", "/api/v1/plugins/{id}/update/available", updates.news, "user"),
    Route("POST", "/api/v1/plugins/{id}/update", update.make, "user"),
    Route("POST", "/api/v1/plugins/{id}/install", installations.install, "user"),
    Route("POST", "/api/v1/plugins/{id}/register", installations.register, "user"),
    Route("DELETE", "/api/v1/plugins/{id}/uninstall", installations.uninstall, "user"),
    Route("DELETE", "/api/v1/plugins/{id}", installations.unregister, "user"),
    Route("PATCH", "/api/v1/plugins/{id}", switches.plugin, "user"),
    Route("PATCH", "/api/v1/plugins/{id}/modules/{module}", switches.module, "user"),
    # What plugins would run on the server
    Route(
        "POST",
        "/api/v1/plugins/{id}/services/{action:restart|start|stop}",
        services.control,
        "user",
    ),
    *(
        Route(method, "/api/v1/plugin-api/{path:.*}", services.endpoint, "public")
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    ),
    # What plugins store
    *(
        route
        for path in ("/api/v1/plugin-state", "/api/v1/plugin-state/")
        for route in (
            Route("GET", path, plugin_state.search, "user"),
            Route("POST", path, plugin_state.create, "user"),
        )
    ),
    Route("POST", "/api/v1/plugin-state/bulk", plugin_state.create_many, "user"),
    Route("POST", "/api/v1/plugin-state/sync", plugin_state.sync, "user"),
    Route("GET", "/api/v1/plugin-state/stats", plugin_state.stats, "user"),
    Route("DELETE", "/api/v1/plugin-state/cleanup", plugin_state.cleanup, "user"),
    Route("GET", "/api/v1/plugin-state/{state}", plugin_state.show, "user"),
    Route("PUT", "/api/v1/plugin-state/{state}", plugin_state.change, "user"),
    Route("DELETE", "/api/v1/plugin-state/{state}", plugin_state.remove, "user"),
    # Around the plugins
    Route("GET", "/api/v1/settings/definitions", shell.settings, "public"),
    Route("GET", "/api/v1/settings/instances", shell.settings, "public"),
    Route("GET", "/api/v1/navigation-routes", shell.nothing, "public"),
    Route("GET", "/api/v1/navigation-routes/tree", shell.nothing, "public"),
    Route("GET", "/api/v1/components", shell.nothing, "public"),
    Route("GET", "/api/v1/pages", shell.pages, "public"),
    Route("GET", "/api/v1/pages/{id}", shell.page, "public"),
    Route("GET", "/api/v1/pages/route/{route:.+}", shell.page, "public"),
    # Files
    Route("GET", "/api/v1/public/plugins/{id}/{path:.+}", serve.serve, "public"),
    Route("HEAD", "/api/v1/public/plugins/{id}/{path:.+}", serve.serve, "public"),
    # Whatever else is asked for below a plugin: this has to be the last one
    Route("GET", "/api/v1/plugins/{id}/{path:.*}", plugins.no_file, "user"),
]
