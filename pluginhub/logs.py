"""Log lines: one event a line, as text for people or JSON for collectors, never with a secret."""

import logging
import sys

import structlog

from pluginhub.config import Log


def set_up(settings: Log) -> None:
    """Send all log lines of the process to standard error in the configured form."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render = _as_json() if settings.format == "json" else _as_text()
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _as_json() -> list[structlog.typing.Processor]:
    # Local variables hold passwords and tokens.
    transformer = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(transformer),
        structlog.processors.JSONRenderer(),
    ]


def _as_text() -> list[structlog.typing.Processor]:
    return [
        _escaped,
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # shows no local variables either
        ),
    ]


def _escaped(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Escape what could begin another line or move the cursor; clients choose paths."""
    return {
        key: printable(value) if isinstance(value, str) else value for key, value in event.items()
    }


def printable(text: str) -> str:
    """Return a text with everything escaped that could begin a line or move a cursor."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
