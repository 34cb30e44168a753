"""Every address of the pages."""

from pluginhub.web.pages import account, catalogue, configuration, mine, plugin, sign_in
from pluginhub.web.pages.status import (
    act,
    cleanup,
    confirm,
    overview,
    people,
    publishing,
    records,
    releases,
    webhooks,
)
from pluginhub.web.routing import Route

ROUTES = [
    Route("GET", "/", mine.show, "user"),
    Route("POST", "/update-all", mine.update_all, "user", "sign-in"),
    Route("GET", "/catalogue", catalogue.show, "user"),
    Route("GET", "/plugins/{slug}", plugin.show, "user"),
    Route("GET", "/plugins/{slug}/configuration", configuration.show, "user"),
    Route("POST", "/plugins/{slug}/configuration", configuration.submit, "user", "sign-in"),
    Route("GET", "/plugins/{slug}/{action}", plugin.review, "user"),
    Route("POST", "/plugins/{slug}/{action}", plugin.act, "user", "sign-in"),
    Route("GET", "/account", account.show, "user", "sign-in"),
    Route("POST", "/account/{action}", account.act, "user", "sign-in"),
    Route("GET", "/status", overview.show, "admin"),
    Route("GET", "/status/releases", releases.show, "admin"),
    Route("GET", "/status/releases/{slug}", releases.show_plugin, "admin"),
    Route("GET", "/status/users", people.show, "admin"),
    Route("GET", "/status/users/{name}", people.show_user, "admin"),
    Route("GET", "/status/cleanup", cleanup.show, "admin"),
    Route("GET", "/status/audit", records.show, "admin"),
    Route("GET", "/status/webhooks", webhooks.show, "admin"),
    Route("GET", "/status/confirm", confirm.show, "admin"),
    Route("POST", "/status/publish", publishing.submit, "admin", "sign-in"),
    Route("POST", "/status/{action}", act.act, "admin", "sign-in"),
    Route("GET", "/sign-in", sign_in.show, "public"),
    Route("POST", "/sign-in", sign_in.submit, "public"),
    Route("POST", "/sign-out", sign_in.sign_out, "user", "sign-in"),
    Route("GET", "/welcome/{code}", sign_in.welcome, "public"),
    Route("POST", "/welcome/{code}", sign_in.make_admin, "public"),
]
