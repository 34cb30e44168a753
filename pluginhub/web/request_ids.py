"""By which id a request is found in the log: the client's own, or one that is made for it."""

import itertools
import re
import secrets

from aiohttp import web

from pluginhub.web import keys

HEADER = "X-Request-ID"

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PROCESS = secrets.token_hex(8)
_numbers = itertools.count(1)


def of(request: web.BaseRequest) -> str:
    """Return the client's own id if it is a plain one, else one of ours; always the same."""
    found: str | None = request.get(keys.REQUEST_ID)
    return give(request) if found is None else found


def give(request: web.BaseRequest) -> str:
    """Return the id of a request that was not asked for it yet."""
    given = request.headers.get(HEADER)
    own = given is not None and _PLAIN.fullmatch(given)
    found = given if given is not None and own else f"{_PROCESS}{next(_numbers):016x}"
    request[keys.REQUEST_ID] = found
    return found
