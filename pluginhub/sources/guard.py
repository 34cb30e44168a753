"""Decides which addresses the server may be sent to by those who name one.

A name is checked by what it leads to: at the moment a socket is opened, on the very address that
it is then connected to. So no spelling of an address and no second answer of a name server leads
around the check, and there is nothing between check and use.
"""

import ipaddress
import socket

from aiohttp import AddrInfoType
from yarl import URL

from pluginhub.config.sections import Publish
from pluginhub.errors import SourceError
from pluginhub.sources import addresses

_PORTS = frozenset({80, 443})
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not public, though this Python's `is_global` says so.
_NEVER = tuple(ipaddress.ip_network(text) for text in ("64:ff9b:1::/48", "fec0::/10", "::/96"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class RefusedAddressError(PermissionError):
    """A connection to an address that is not public; the way it passes through aiohttp."""


class Guard:
    """What may be reached.

    Args:
        settings: Which schemes and private networks the operator allows.
    """

    def __init__(self, settings: Publish) -> None:
        self._schemes = {"https", "http"} if settings.allow_http else {"https"}
        self._networks = tuple(map(ipaddress.ip_network, settings.allow_private_networks))
        self._ports = {*_PORTS, URL(settings.github_url).port}

    def parse(self, text: str) -> URL:
        """Return an address that may be asked for, as far as its text tells.

        Raises:
            SourceError: It is no such address.
        """
        url = addresses.read(text)
        if url.scheme not in self._schemes:
            wanted = " or ".join(sorted(self._schemes, reverse=True))
            raise SourceError("bad-url", f"the address must begin with {wanted}")
        if not url.host or url.port is None:
            raise SourceError("bad-url", "this is no address of a web server")
        if "@" in url.raw_authority:
            raise SourceError("bad-url", "the address must not hold a user name or a password")
        return url.with_fragment(None)

    def allows(self, host: str, port: int) -> bool:
        """Return whether a socket may be connected to a numeric address and a port."""
        address = ipaddress.ip_address(host)
        real = _unmapped(address)
        if any(one in network for one in (address, real) for network in self._networks):
            return True
        public = real.is_global and not real.is_multicast
        return public and port in self._ports and not any(real in network for network in _NEVER)

    def open_socket(self, info: AddrInfoType) -> socket.socket:
        """Open the socket for a connection; aiohttp calls this for every one that it makes.

        Raises:
            RefusedAddressError: It would lead where nobody may be sent.
        """
        family, kind, protocol, _, address = info
        if not self.allows(str(address[0]), int(address[1])):
            raise RefusedAddressError("refused")
        return socket.socket(family, kind, protocol)


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, if it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
