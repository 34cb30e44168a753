"""One log line per answered request."""

import logging
import re

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from pluginhub import logs
from pluginhub.web import keys, request_ids

_NAME = "pluginhub.access"
_CAPABILITY = re.compile(r"(/t/+)[^/]+")  # wherever it stands, also in a misspelt address


class AccessLogger(AbstractAccessLogger):
    """Logs no query, no headers and no capability: none of these is for other eyes."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, duration: float) -> None:
        """Log one answered request; ``duration`` is in seconds."""
        fields = {
            "method": request.method,
            "path": _CAPABILITY.sub(r"\1...", request.path),
            "status": response.status,
            "ms": round(duration * 1000, 1),
            "address": request.get(keys.ADDRESS, request.remote) or "",
            "request_id": request_ids.of(request),
        }
        for output in logs.outputs():
            output.write("request", _NAME, fields)

    @property
    def enabled(self) -> bool:
        """Whether there is anybody to read the lines."""
        return logging.getLogger(_NAME).isEnabledFor(logging.INFO)
