"""What aiohttp itself has to log: faults of ours with a traceback, faults of clients in a line."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

# The client sent what is not HTTP, or went away.
_BY_CLIENTS = (HttpProcessingError, web.RequestPayloadError, ConnectionError)


class ServerLogger(logging.LoggerAdapter[logging.Logger]):
    """Keeps the bytes of broken requests out of the log: there may be a token among them."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log an event; ``exc_info`` is the exception that it is about, if there is one."""
        fault = kwargs.get("exc_info")
        if isinstance(fault, _BY_CLIENTS):
            kwargs["exc_info"] = None
            level, msg = logging.INFO, f"{msg}: {type(fault).__name__}"
        super().log(level, msg, *args, **kwargs)
