"""What reverse proxies say of the client behind them, and which of them are believed."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a proxy says; None where it says nothing that can be used.

    Attributes:
        address: Of the client, as an IP address.
        scheme: ``http`` or ``https``.
        host: What the client addressed, with the port if it is not the usual one.
    """

    address: str
    scheme: str | None
    host: str | None


class Networks:
    """Addresses that a setting names.

    Args:
        networks: Such as ``127.0.0.1/32``.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = [ipaddress.ip_network(text) for text in networks]

    def has(self, address: str | None) -> bool:
        """Return whether an address is among them; None and what is no address are not."""
        if not self._networks:
            return False
        parsed = _parse(address or "")
        return parsed is not None and any(parsed in network for network in self._networks)


class Proxies:
    """The reverse proxies of ``server.trusted_proxies``.

    Args:
        networks: Such as ``127.0.0.1/32``.

    Attributes:
        stranger: The last address that forwarded a request and is none of them; None until then.
    """

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks = Networks(networks)
        self.stranger: str | None = None

    def trust(self, address: str | None) -> bool:
        """Return whether what comes from an address comes from one of them."""
        return self._networks.has(address)

    def forwarded(
        self, peer: str, addresses: Sequence[str], schemes: Sequence[str], hosts: Sequence[str]
    ) -> Forwarded:
        """Return whom a trusted proxy speaks for.

        A client may have written the left part of each header itself. So the address is the last
        one that is not a proxy's, and of the others the last value counts.

        Args:
            peer: Address of the proxy.
            addresses: Values of X-Forwarded-For.
            schemes: Values of X-Forwarded-Proto.
            hosts: Values of X-Forwarded-Host.
        """
        address = peer
        for item in reversed(_items(addresses)):
            parsed = _parse(item)
            if parsed is None:
                break  # nobody knows who wrote what stands further left
            address = str(parsed)
            if not self.trust(address):
                break
        scheme, host = _last(schemes).lower(), _last(hosts)
        return Forwarded(
            address,
            scheme if scheme in {"http", "https"} else None,
            host if _HOST.fullmatch(host) else None,
        )


def host_name(host: str) -> str:
    """Return a Host header without its port, in lower case."""
    match = _HOST.fullmatch(host)
    return match[1].lower().removesuffix(".") if match else ""


def _items(values: Sequence[str]) -> list[str]:
    return [item.strip() for value in values for item in value.split(",") if item.strip()]


def _last(values: Sequence[str]) -> str:
    return (_items(values) or [""])[-1]


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an address, with or without a port."""
    name = host_name(text).strip("[]") if text.startswith("[") or text.count(":") == 1 else text
    try:
        parsed = ipaddress.ip_address(name)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
