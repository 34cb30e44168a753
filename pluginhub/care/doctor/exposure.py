"""What settings open to others, and what they close against who should come in."""

import ipaddress
from collections.abc import Iterator

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.findings import Finding, some


def examine(case: Case) -> list[Finding]:
    """Return what is wrong with the settings."""
    return [*_proxies(case), *_doors(case), *_sources(case)]


def _proxies(case: Case) -> Iterator[Finding]:
    server = case.config.server
    if case.is_for_others and not server.trusted_proxies:
        yield Finding(
            "no-proxy",
            f"it listens on {server.host}, and no reverse proxy is named that would bring https:"
            " passwords and tokens can be read on their way",
            "set server.trusted_proxies to the proxy in front of it, or server.host to 127.0.0.1",
        )
    if case.stranger:
        yield Finding(
            "proxy-unknown",
            f"requests come forwarded from {case.stranger}, which is none of"
            " server.trusted_proxies: all their clients are taken for that one address",
            f'set server.trusted_proxies = ["{case.stranger}/{_bits(case.stranger)}"] if that is'
            " your reverse proxy",
        )


def _bits(address: str) -> int:
    return ipaddress.ip_address(address).max_prefixlen


def _doors(case: Case) -> Iterator[Finding]:
    config = case.config
    if config.auth.registration == "open" and (case.is_for_others or config.server.trusted_proxies):
        yield Finding(
            "registration-open",
            "everybody who reaches this server may make an account",
            'set auth.registration = "closed"',
        )
    for_all = [
        text
        for text in config.metrics.allow
        if not (ipaddress.ip_network(text).is_private or ipaddress.ip_network(text).is_loopback)
    ]
    if for_all:
        yield Finding(
            "metrics-public",
            f"/metrics is open to public addresses: {some(for_all)}",
            "take them out of metrics.allow, and let Prometheus send the token of an admin",
        )


def _sources(case: Case) -> Iterator[Finding]:
    publish = case.config.publish
    if publish.allow_http:
        yield Finding(
            "http-sources",
            "bundles may be loaded by plain http: who stands between can change them",
            "set publish.allow_http = false",
        )
    if publish.allow_private_networks:
        yield Finding(
            "private-sources",
            "publishers may send this server to private networks:"
            f" {some(publish.allow_private_networks)}",
            "take what is not needed out of publish.allow_private_networks",
        )
