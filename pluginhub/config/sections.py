"""One model per section of ``config.toml``, which explains every key."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

T = TypeVar("T")

Seconds = Annotated[int, Field(ge=1, le=10**10)]  # what can be added to a time, and stored
Bytes = Annotated[int, Field(ge=0, le=10**15)]
Days = Annotated[int, Field(ge=0, le=10**5)]

_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:(\d{1,5}|\*))?")
_BASE_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_LOCALHOST = ("http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*")


def _not_empty(value: object) -> object:
    # An unset variable of a compose file: it would mean all addresses, or the working directory.
    if value == "":
        raise ValueError("must not be empty")
    return value


def _split(value: object) -> object:
    """Take a list from the environment, where items stand between commas."""
    if isinstance(value, str):
        return tuple(item.strip() for item in value.split(",") if item.strip())
    return value


def _each(check: Callable[[str], object]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    def checked(items: tuple[str, ...]) -> tuple[str, ...]:
        for item in items:
            check(item)
        return items

    return checked


def _origin(text: str) -> None:
    if not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is no origin such as https://app.example.org")


def _base_path(text: str) -> str:
    if not _BASE_PATH.fullmatch(text):
        raise ValueError("must be empty, or a path such as /hub without a slash at its end")
    return text


Texts = Annotated[tuple[str, ...], BeforeValidator(_split)]
Networks = Annotated[Texts, AfterValidator(_each(ipaddress.ip_network))]
Origins = Annotated[Texts, AfterValidator(_each(_origin))]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """``[server]``."""

    host: Annotated[str, BeforeValidator(_not_empty)] = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    base_path: Annotated[str, AfterValidator(_base_path)] = ""
    trusted_proxies: Networks = ()
    allowed_hosts: Texts = ()
    cors_origins: Origins = _LOCALHOST
    max_upload: Bytes = 100 * 1024 * 1024
    max_connections: Annotated[int, Field(ge=10, le=100_000)] = 2000


class Storage(_Section):
    """``[storage]``."""

    plugins_base_dir: Annotated[Path, BeforeValidator(_not_empty)] = Path("data")
    disk_reserve: Bytes = 256 * 1024 * 1024


class Auth(_Section):
    """``[auth]``."""

    registration: Literal["closed", "open"] = "closed"
    access_lifetime: Seconds = 30 * 60
    refresh_lifetime: Seconds = 30 * 24 * 3600
    jwt_secret_file: str = ""
    jwt_jwks_url: str = ""
    jwt_algorithms: Texts = ()
    jwt_issuer: str = ""
    jwt_audience: str = ""
    proxy_header: str = ""


class Publish(_Section):
    """``[publish]``."""

    allow: Literal["admins", "users"] = "admins"
    github_url: str = "https://api.github.com"
    github_token_file: str = ""
    allow_http: bool = False
    allow_private_networks: Networks = ()
    check_interval: Seconds = 6 * 3600


class Files(_Section):
    """``[files]``."""

    grace: Annotated[int, Field(ge=0, le=10**10)] = 24 * 3600
    cache: Bytes = 64 * 1024 * 1024
    cached_file: Bytes = 256 * 1024
    open_files: Annotated[int, Field(ge=1, le=10_000)] = 128
    accel: Literal["", "nginx"] = ""


class Lifecycle(_Section):
    """``[lifecycle]``."""

    hook_timeout: Seconds = 10
    hook_memory: Annotated[int, Field(ge=64 * 1024 * 1024, le=10**15)] = 512 * 1024 * 1024
    manager_timeout: Seconds = 1800
    host_version: str = "1.0.0"


class Quotas(_Section):
    """``[quotas]``, of each user."""

    installations: Annotated[int, Field(ge=1, le=100_000)] = 500
    config: Bytes = 4 * 1024 * 1024
    states: Bytes = 5 * 1024 * 1024


class Cleanup(_Section):
    """``[cleanup]``."""

    interval: Seconds = 300
    version_retention_days: Days = 30
    temp_retention_hours: Annotated[int, Field(ge=0, le=10**6)] = 24


class Backup(_Section):
    """``[backup]``."""

    interval: Annotated[int, Field(ge=0, le=10**10)] = 0
    keep: Annotated[int, Field(ge=1, le=10_000)] = 7
    directory: str = ""


class Metrics(_Section):
    """``[metrics]``."""

    allow: Networks = ("127.0.0.1/32", "::1/128")


class Compat(_Section):
    """``[compat]``."""

    shell: bool = False


class Log(_Section):
    """``[log]``."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Config(_Section):
    """All settings. ``config.toml`` in the sources explains each of them."""

    server: Server = Server()
    storage: Storage = Storage()
    auth: Auth = Auth()
    publish: Publish = Publish()
    files: Files = Files()
    lifecycle: Lifecycle = Lifecycle()
    quotas: Quotas = Quotas()
    cleanup: Cleanup = Cleanup()
    backup: Backup = Backup()
    metrics: Metrics = Metrics()
    compat: Compat = Compat()
    log: Log = Log()


def default_of(section: str, name: str) -> Any:
    """Return the default of one setting."""
    return getattr(getattr(Config(), section), name)
