"""Who sent a request, and by which name, when reverse proxies stand before the server.

What they say (X-Forwarded-For, -Proto, -Host) is believed only if they are named in
server.trusted_proxies; from anybody else these headers are just text.
"""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import hdrs, web

from pluginhub.web import keys
from pluginhub.web.routing import Handler

_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?")
_ALWAYS = "/healthz"  # what looks after the server asks for it by address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@web.middleware
async def believe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hand on a request as its client sent it, and refuse one for another host."""
    server = request.app[keys.CONFIG].server
    if server.trusted_proxies and is_trusted(server.trusted_proxies, request.remote):
        request = _as_sent(request, server.trusted_proxies)
    if server.allowed_hosts and not request.path.endswith(_ALWAYS):
        name = request.host.rpartition(":")[0] if _has_port(request.host) else request.host
        if name.lower() not in server.allowed_hosts:
            raise web.HTTPMisdirectedRequest(reason="this server is not responsible for this host")
    return await handler(request)


def is_trusted(networks: Sequence[str], address: str | None) -> bool:
    """Return whether an address is that of one of our proxies."""
    found = _address(address or "")
    return found is not None and any(found in network for network in _networks(tuple(networks)))


def client(networks: Sequence[str], peer: str, forwarded: str) -> str:
    """Return the address that a request came from: the last one that is none of our proxies.

    Args:
        networks: Of our proxies.
        peer: Who is connected: one of them.
        forwarded: X-Forwarded-For; each proxy adds at its end who was connected to it.
    """
    found = peer
    for item in reversed(forwarded.split(",")):
        address = _address(item.strip())
        if address is None:
            break
        found = str(address)
        if not is_trusted(networks, found):
            break
    return found


def _as_sent(request: web.Request, networks: Sequence[str]) -> web.Request:
    forwarded = ", ".join(request.headers.getall("X-Forwarded-For", ()))
    address = client(networks, request.remote or "", forwarded)
    request[keys.ADDRESS] = address  # for the log, which knows the request as it came
    scheme = _last(request, hdrs.X_FORWARDED_PROTO).lower()
    host = _last(request, hdrs.X_FORWARDED_HOST)
    return request.clone(
        remote=address,
        scheme=scheme if scheme in {"http", "https"} else request.scheme,
        host=host if _HOST.fullmatch(host) else request.host,
    )


def _last(request: web.Request, name: str) -> str:
    return ", ".join(request.headers.getall(name, ())).rpartition(",")[2].strip()


def _has_port(host: str) -> bool:
    return host.rpartition(":")[2].isdigit() and not host.endswith("]") and ":" in host


@lru_cache(maxsize=16)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
