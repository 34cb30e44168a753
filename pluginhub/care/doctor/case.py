"""What is examined: everything that knows something of how the server is."""

import ipaddress
from dataclasses import dataclass

from pluginhub.care.backup import Backups
from pluginhub.care.cleanup import Cleanup
from pluginhub.config import Config
from pluginhub.database.check import LastLook
from pluginhub.database.connection import Database
from pluginhub.managers.registry import Registry
from pluginhub.storage.data_directory import DataDirectory


@dataclass(frozen=True, slots=True)
class Case:
    """A server, or a data directory that a command has opened.

    Attributes:
        last_look: At all of the database.
        safe_mode: Whether it runs in safe mode.
        works: Whether it works in the background: a command does not, nor does safe mode.
        stranger: An address that forwarded requests and is no trusted proxy; None if there is none.
    """

    config: Config
    data: DataDirectory
    database: Database
    registry: Registry
    cleanup: Cleanup
    backups: Backups
    last_look: LastLook
    safe_mode: bool
    works: bool
    stranger: str | None

    @property
    def is_for_others(self) -> bool:
        """Whether it listens to more than this machine."""
        host = self.config.server.host
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"
