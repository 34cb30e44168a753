"""Sees each request as its client sent it, before the reverse proxies in front of the server."""

import ipaddress

from aiohttp import web

from pluginhub.web import keys, request_ids
from pluginhub.web.operations import Handler
from pluginhub.web.proxies import host_name

_OF_PROXIES = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


@web.middleware
async def resolve(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hand on a request with address, scheme and host of the client that it comes from.

    Raises:
        web.HTTPMisdirectedRequest: It is addressed to a host that is not this one.
    """
    request_ids.of(request)  # the same for the request that is handed on
    proxies = request.app[keys.PROXIES]
    if request.remote and proxies.trust(request.remote):
        said = proxies.forwarded(
            request.remote,
            request.headers.getall("X-Forwarded-For", ()),
            request.headers.getall("X-Forwarded-Proto", ()),
            request.headers.getall("X-Forwarded-Host", ()),
        )
        request[keys.ADDRESS] = said.address
        request[keys.BY_PROXY] = True
        request = request.clone(
            remote=said.address,
            scheme=said.scheme or request.scheme,
            host=said.host or request.host,
        )
    elif "X-Forwarded-For" in request.headers:
        proxies.stranger = request.remote
    if not _is_ours(request):
        raise web.HTTPMisdirectedRequest(reason="this server does not answer for that host")
    return await handler(request)


def may_come_by_proxy(request: web.Request) -> bool:
    """Return whether somebody else may have sent a request than the one who connected.

    A proxy says so in a header; one on this machine that says nothing passes on a host name.
    """
    if any(name in request.headers for name in _OF_PROXIES):
        return True
    try:
        is_local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return True
    return is_local and not _from_this_machine(request)


def _is_ours(request: web.Request) -> bool:
    allowed = request.app[keys.CONFIG].server.allowed_hosts
    if not allowed or host_name(request.host) in {name.lower() for name in allowed}:
        return True
    return _from_this_machine(request)


def _from_this_machine(request: web.Request) -> bool:
    """Return whether a command or a health check on this machine asks, by address."""
    name = host_name(request.host).strip("[]")
    if request.transport is None or keys.BY_PROXY in request:
        return False
    own = request.transport.get_extra_info("sockname")[0]
    try:
        is_address = name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False
    return is_address and request.remote == own
