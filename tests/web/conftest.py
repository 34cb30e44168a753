"""Servers with other settings than ``hub`` has, and what a server writes to its log."""

import io
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from pluginhub import logs
from pluginhub.app import create_app
from pluginhub.config import Auth, Config, Log
from pluginhub.web import keys
from tests.conftest import Hub, settings, started


@asynccontextmanager
async def running(app: web.Application, data: Path, **runner: Any) -> AsyncIterator[Hub]:
    """Run an application on a port of its own."""
    async with TestClient(await started(app, **runner)) as client:
        yield Hub(client, data)


@asynccontextmanager
async def serving(config: Config, **runner: Any) -> AsyncIterator[Hub]:
    """Run the production application with these settings."""
    async with running(create_app(config), config.storage.plugins_base_dir, **runner) as hub:
        yield hub


def with_auth(data: Path, server: dict[str, Any] | None = None, **auth: Any) -> Config:
    """Return settings in which other things than usual are said of who is who."""
    return settings(data, **(server or {})).model_copy(update={"auth": Auth(**auth)})


def make_passwords_cheap(hub: Hub) -> None:
    """Let argon2 do its work with the smallest parameters that it takes."""
    hub.app[keys.PASSWORDS]._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(name="logged")
def _logged() -> Iterator[io.StringIO]:
    """Collect the log of the process as the production set-up writes it, one JSON object a line."""
    root = logging.getLogger()
    before = root.handlers, root.level
    logs.set_up(Log(level="info", format="json"))
    lines = io.StringIO()
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(lines)
    yield lines
    root.handlers, root.level = before
    structlog.reset_defaults()
