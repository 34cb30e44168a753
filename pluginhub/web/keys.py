"""What the application hands to its handlers."""

from collections.abc import Callable

from aiohttp import web

from pluginhub.accounts.passwords import Passwords
from pluginhub.config import Config
from pluginhub.database.connection import Database
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Actor, User
from pluginhub.storage.shared import SharedStorage
from pluginhub.web.capabilities import Capabilities
from pluginhub.web.files.access import Access
from pluginhub.web.files.contents import Contents

CONFIG = web.AppKey("config", Config)
DATABASE = web.AppKey("database", Database)
STORAGE = web.AppKey("storage", SharedStorage)
RESOURCES = web.AppKey("resources", Resources)
PASSWORDS = web.AppKey("passwords", Passwords)
CAPABILITIES = web.AppKey("capabilities", Capabilities)
OPENAPI: web.AppKey[Callable[[], str]] = web.AppKey("openapi")  # makes the document
ACCESS = web.AppKey("access", Access)
CONTENTS = web.AppKey("contents", Contents)
OPERATOR_TOKEN = web.AppKey("operator_token", str)

ACTOR = web.RequestKey("actor", Actor)
USER = web.RequestKey("user", User)
REQUEST_ID = web.RequestKey("request_id", str)
