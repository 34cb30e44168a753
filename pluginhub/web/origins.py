"""Which other origins are trusted (server.cors_origins)."""

from collections.abc import Sequence
from urllib.parse import urlsplit


def allows(origins: Sequence[str], origin: str) -> bool:
    """Return whether an Origin header names one of these origins.

    Args:
        origins: Exact origins; a port may be ``*``, which means any.
        origin: As a browser sends it; ``null`` is none.
    """
    if origin in origins:
        return True
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return False
    bare = f"{parts.scheme}://{parts.netloc}"
    if bare != origin or "@" in parts.netloc:
        return False
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    return f"{parts.scheme}://{host}:*" in origins
