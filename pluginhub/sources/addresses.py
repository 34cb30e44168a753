"""Reads addresses (URLs) that come from outside."""

import ipaddress

from yarl import URL

from pluginhub.errors import SourceError

_MAX_LENGTH = 8192  # characters; those of signed downloads are long


def read(text: str) -> URL:
    """Return an address, absolute or not, whose parts can be asked for without surprise.

    Raises:
        SourceError: It is none.
    """
    # A backslash and what is not printable are read differently by different readers.
    if len(text) > _MAX_LENGTH or not text.isprintable() or set(text) & {"\\", " "}:
        raise _bad()
    try:
        url = URL(text)
        host, _ = url.host, url.port
        if host and ":" in host:
            ipaddress.ip_address(host)
    except (ValueError, IndexError) as error:  # an IndexError of yarl for some brackets
        raise _bad() from error
    return url


def shown(url: URL) -> str:
    """Return an address without what may be secret in it: user, password, query."""
    return str(url.with_user(None).with_query(None).with_fragment(None))


def _bad() -> SourceError:
    return SourceError("bad-url", "this is no address of a web server")
