"""Every address of the existing frontend's API (http-api section 3)."""

from pluginhub.web import files
from pluginhub.web.compat import auth, install, manifest, users
from pluginhub.web.routing import Route

ROUTES = [
    Route("POST", "/api/v1/auth/register", users.register, "public"),
    Route("POST", "/api/v1/auth/login", auth.login, "public"),
    Route("POST", "/api/v1/auth/refresh", auth.refresh, "public"),
    Route("POST", "/api/v1/auth/logout", auth.logout, "user", "sign-in"),
    Route("GET", "/api/v1/auth/me", users.me, "user"),
    Route("PUT", "/api/v1/auth/profile/username", users.rename, "user", "sign-in"),
    Route("PUT", "/api/v1/auth/profile/password", users.change_password, "user", "sign-in"),
    Route("GET", "/api/v1/plugins/manifest/designer", manifest.designer, "user"),
    Route("POST", "/api/v1/plugins/install", install.upload, "publisher"),
    # Files
    Route("GET", "/api/v1/public/plugins/{id}/{path:.+}", files.serve, "public"),
    Route("HEAD", "/api/v1/public/plugins/{id}/{path:.+}", files.serve, "public"),
]
