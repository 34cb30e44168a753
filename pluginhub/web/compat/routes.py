"""Every address of the existing frontend's API (http-api section 3)."""

from pluginhub.web.compat import auth, install, manifest
from pluginhub.web.files import serve
from pluginhub.web.routing import Route

ROUTES = [
    Route("POST", "/api/v1/auth/login", auth.login, "public"),
    Route("POST", "/api/v1/auth/refresh", auth.refresh, "public"),
    Route("POST", "/api/v1/auth/logout", auth.logout, "user"),
    Route("GET", "/api/v1/auth/me", auth.me, "user"),
    Route("GET", "/api/v1/plugins/manifest/designer", manifest.designer, "user"),
    Route("POST", "/api/v1/plugins/install", install.upload, "admin"),
    # Files
    Route("GET", "/api/v1/public/plugins/{id}/{path:.+}", serve.serve, "public"),
    Route("HEAD", "/api/v1/public/plugins/{id}/{path:.+}", serve.serve, "public"),
]
