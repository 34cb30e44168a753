"""Every address of the existing frontend's API (http-api section 3)."""

from pluginhub.web import files
from pluginhub.web.compat import auth, install, manifest, update, updates
from pluginhub.web.routing import Route

ROUTES = [
    Route("POST", "/api/v1/auth/login", auth.login, "public"),
    Route("POST", "/api/v1/auth/refresh", auth.refresh, "public"),
    Route("POST", "/api/v1/auth/logout", auth.logout, "user"),
    Route("GET", "/api/v1/auth/me", auth.me, "user"),
    Route("GET", "/api/v1/plugins/manifest/designer", manifest.designer, "user"),
    Route("POST", "/api/v1/plugins/install", install.upload, "publisher"),
    Route("POST", "/api/v1/plugins/install-from-url", install.from_url, "publisher"),
    Route("GET", "/api/v1/plugins/updates/available", updates.available, "user"),
    Route("GET", "/api/v1/plugins/{slug}/update/available", updates.news, "user"),
    Route("POST", "/api/v1/plugins/{slug}/update", update.make, "user"),
    # Files
    Route("GET", "/api/v1/public/plugins/{id}/{path:.+}", files.serve, "public"),
    Route("HEAD", "/api/v1/public/plugins/{id}/{path:.+}", files.serve, "public"),
]
