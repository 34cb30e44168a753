"""Leaves the sending of files to nginx in front of the server (``files.accel``).

The access is decided here; the answer names the file by ``X-Accel-Redirect``, and nginx sends it
from where it lies. ``deploy/nginx.conf`` has the other half.
"""

from urllib.parse import quote

from aiohttp import web

from pluginhub.config import Config
from pluginhub.errors import ConfigError
from pluginhub.web import keys
from pluginhub.web.files.contents import Representation
from pluginhub.web.files.heads import Heads

_PREFIX = "/pluginhub-files/"  # of a location that is internal to nginx


def check(config: Config) -> None:
    """See to it that there is somebody to send files.

    Raises:
        ConfigError: The settings do not go together.
    """
    if config.files.accel and not config.server.trusted_proxies:
        raise ConfigError(
            "files.accel: files are left to nobody until server.trusted_proxies names the proxy",
            setting="files.accel",
        )


def sends(request: web.Request, found: Representation) -> bool:
    """Return whether a proxy sends what is found; nobody but a trusted one is told where it is."""
    accel = request.app[keys.CONFIG].files.accel
    return accel == "nginx" and found.place is not None and keys.BY_PROXY in request


def hand_over(found: Representation, heads: Heads) -> web.Response:
    """Return the answer that has nginx send a file, or the part that is asked for."""
    place = quote(f"{_PREFIX}{found.place}")
    return web.Response(headers={**heads.described, "X-Accel-Redirect": place})
