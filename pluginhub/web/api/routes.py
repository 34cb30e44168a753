"""Every address of the native API."""

from pluginhub.web.api import (
    care,
    catalogue,
    configuration,
    doctor,
    exports,
    installations,
    jobs,
    keeping,
    publishing,
    records,
    system,
    tokens,
    updates,
    users,
)
from pluginhub.web.routing import Route

_KEEP = "/api/plugins/{slug}/releases/{version}/keep"
_YANK = "/api/plugins/{slug}/releases/{version}/yank"

ROUTES = [
    # What there is
    Route("GET", "/api/plugins", catalogue.catalogue, "user"),
    Route("POST", "/api/plugins", publishing.publish, "publisher"),
    Route("GET", "/api/plugins/{slug}", catalogue.show, "user"),
    Route("GET", "/api/plugins/{slug}/releases", catalogue.list_releases, "user"),
    Route("GET", "/api/plugins/{slug}/releases/{version}", catalogue.show_release, "user"),
    Route("PUT", "/api/plugins/{slug}/releases/{version}/approval", catalogue.approve, "admin"),
    Route("PUT", _KEEP, keeping.keep, "admin"),
    Route("DELETE", _KEEP, keeping.unkeep, "admin"),
    Route("PUT", _YANK, catalogue.yank, "user", "publish"),
    Route("DELETE", _YANK, catalogue.unyank, "user", "publish"),
    # What is being published
    Route("GET", "/api/plugins/jobs", jobs.list_all, "publisher"),
    Route("GET", "/api/plugins/jobs/{id}", jobs.show, "publisher"),
    Route("GET", "/api/plugins/jobs/{id}/events", jobs.events, "publisher"),
    Route("POST", "/api/plugins/jobs/{id}/cancel", jobs.cancel, "publisher"),
    Route("POST", "/api/plugins/jobs/{id}/retry", jobs.retry, "publisher"),
    # What users have
    Route("GET", "/api/plugins/installed", installations.installed, "user"),
    Route("GET", "/api/plugins/installed/{slug}", installations.show, "user"),
    Route("GET", "/api/plugins/updates", updates.show, "user"),
    Route("POST", "/api/plugins/update", installations.update_all, "user"),
    Route("DELETE", "/api/plugins/{slug}", installations.uninstall, "user"),
    Route("POST", "/api/plugins/{slug}/install", installations.install, "user"),
    Route("PUT", "/api/plugins/{slug}/update", installations.update, "user"),
    Route("POST", "/api/plugins/{slug}/rollback", installations.roll_back, "user"),
    Route("POST", "/api/plugins/{slug}/enable", installations.enable, "user"),
    Route("POST", "/api/plugins/{slug}/disable", installations.disable, "user"),
    Route("GET", "/api/plugins/{slug}/config", configuration.show, "user"),
    Route("PUT", "/api/plugins/{slug}/config", configuration.replace, "user"),
    Route("PATCH", "/api/plugins/{slug}/config", configuration.change, "user"),
    Route("PUT", "/api/plugins/{slug}/pin", configuration.pin, "user"),
    Route("DELETE", "/api/plugins/{slug}/pin", configuration.unpin, "user"),
    Route("PUT", "/api/plugins/{slug}/channel", configuration.channel, "user"),
    # What happened, and how things are
    Route("GET", "/api/plugins/{slug}/status", records.status, "user"),
    Route("GET", "/api/plugins/{slug}/explain", records.explain, "user"),
    Route("GET", "/api/plugins/{slug}/history", records.history, "user"),
    Route("GET", "/api/history", records.history, "user"),
    Route("GET", "/api/audit", records.audit, "admin"),
    Route("GET", "/api/managers", records.managers, "admin"),
    Route("GET", "/api/plugins/system/stats", system.stats, "admin"),
    Route("GET", "/api/plugins/system/doctor", doctor.show, "admin"),
    Route("POST", "/api/plugins/system/cleanup", care.cleanup, "admin"),
    Route("POST", "/api/plugins/system/verify", care.verify, "admin"),
    Route("POST", "/api/plugins/system/backup", care.backup, "admin"),
    Route("GET", "/api/plugins/system/working", care.working, "admin"),
    # Accounts
    Route("GET", "/api/users", users.list_all, "admin"),
    Route("POST", "/api/users", users.add, "admin"),
    Route("POST", "/api/users/import", exports.import_user, "admin"),
    Route("PATCH", "/api/users/{name}", users.change, "admin"),
    Route("DELETE", "/api/users/{name}", users.remove, "admin"),
    Route("GET", "/api/export", exports.export, "user"),
    Route("GET", "/api/tokens", tokens.list_all, "user"),
    Route("POST", "/api/tokens", tokens.create, "user", "sign-in"),
    Route("DELETE", "/api/tokens/{id}", tokens.revoke, "user", "sign-in"),
    # For machines
    Route("GET", "/manifest-schema.json", catalogue.manifest_schema, "public"),
]
