"""What the application hands to its handlers."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from pluginhub.accounts.limits import Limits
from pluginhub.accounts.passwords import Passwords
from pluginhub.accounts.proof import Proof
from pluginhub.care.backup import Backups
from pluginhub.care.cleanup import Cleanup
from pluginhub.care.starts import Starts
from pluginhub.care.working import Working
from pluginhub.config import Config
from pluginhub.database.check import LastLook
from pluginhub.database.connection import Database
from pluginhub.database.remembered import Remembered
from pluginhub.events.feed import Feed
from pluginhub.events.signing import Signer
from pluginhub.events.webhooks import Webhooks
from pluginhub.lifecycle.jobs import Jobs
from pluginhub.lifecycle.resources import Resources
from pluginhub.lifecycle.update_checks import UpdateChecks
from pluginhub.models import Actor, User
from pluginhub.sources.sources import Sources
from pluginhub.storage.shared import SharedStorage
from pluginhub.tallies import Operations
from pluginhub.web.capabilities import Capabilities
from pluginhub.web.compat.integrity import Integrities
from pluginhub.web.files.access import Access
from pluginhub.web.files.contents import Content, Contents
from pluginhub.web.identity.issuer import Issuer
from pluginhub.web.origins import Origins
from pluginhub.web.proxies import Networks, Proxies
from pluginhub.web.traffic import Traffic
from pluginhub.web.uploads import Uploads

CONFIG = web.AppKey("config", Config)
DATABASE = web.AppKey("database", Database)
STORAGE = web.AppKey("storage", SharedStorage)
UPDATE_CHECKS = web.AppKey("update_checks", UpdateChecks)
SOURCES = web.AppKey("sources", Sources)
RESOURCES = web.AppKey("resources", Resources)
PASSWORDS = web.AppKey("passwords", Passwords)
CAPABILITIES = web.AppKey("capabilities", Capabilities)
LIMITS = web.AppKey("limits", Limits)
ISSUER: web.AppKey[Issuer | None] = web.AppKey("issuer")
ORIGINS = web.AppKey("origins", Origins)
PROXIES = web.AppKey("proxies", Proxies)
METRICS_ALLOW = web.AppKey("metrics_allow", Networks)
METHODS: web.AppKey[Callable[[str], list[str]]] = web.AppKey("methods")  # of an address
ERROR_PAGE: web.AppKey[Callable[[web.Request, int, str, str], Awaitable[web.Response | None]]] = (
    web.AppKey("error_page")
)  # for people; None for programs
PROOFS: web.AppKey[Remembered[tuple[str, str], Proof]] = web.AppKey("proofs")
MANIFESTS: web.AppKey[Remembered[tuple[str, str, bool], Content]] = web.AppKey("manifests")
ACCESS = web.AppKey("access", Access)
INTEGRITIES = web.AppKey("integrities", Integrities)
CONTENTS = web.AppKey("contents", Contents)
TRAFFIC = web.AppKey("traffic", Traffic)
OPERATIONS = web.AppKey("operations", Operations)
UPLOADS = web.AppKey("uploads", Uploads)
BEGUN: web.AppKey[set[tuple[str, str]]] = web.AppKey("begun")  # see web/idempotency.py
CLEANUP = web.AppKey("cleanup", Cleanup)
BACKUPS = web.AppKey("backups", Backups)
WORKING = web.AppKey("working", Working)
JOBS = web.AppKey("jobs", Jobs)
FEED = web.AppKey("feed", Feed)
SIGNER = web.AppKey("signer", Signer)
WEBHOOKS = web.AppKey("webhooks", Webhooks)
FOR_A_MOMENT = web.AppKey("for_a_moment", bool)  # no work in the background
SAFE_MODE = web.AppKey("safe_mode", bool)  # neither hooks nor work in the background
STARTS = web.AppKey("starts", Starts)
LAST_LOOK = web.AppKey("last_look", LastLook)  # at all of the database
OPERATOR_TOKEN = web.AppKey("operator_token", str)

ACTOR = web.RequestKey("actor", Actor)
USER = web.RequestKey("user", User)
SESSION = web.RequestKey("session", str)  # of a sign-in; other proofs have none
ADDRESS = web.RequestKey("address", str)  # of the client behind a proxy
BY_PROXY = web.RequestKey("by_proxy", bool)  # comes from a trusted proxy
REQUEST_ID = web.RequestKey("request_id", str)
