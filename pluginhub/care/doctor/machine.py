"""What the machine lacks: room, a clock that goes on, rights that keep others out."""

import importlib.util
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.findings import Finding
from pluginhub.database.check import has_wal_reset_defect
from pluginhub.database.checkup import Checkup
from pluginhub.managers import sandbox, seccomp
from pluginhub.storage import file_system

OWN_FILES = 500  # that are open besides connections: database, workers, files that are kept open

_LOW = 10  # hundredths of a disk
_LEAP = 3600  # seconds by which a clock may be behind without a word


def examine(case: Case, rows: Checkup) -> list[Finding]:
    """Return what is wrong with the machine; blocks."""
    return [
        *_disk(case),
        *_clock(case, rows),
        *_modes(case),
        *_secrets(case),
        *_open_files(case.config.server.max_connections),
        *_for_hooks(rows),
    ]


def _disk(case: Case) -> Iterator[Finding]:
    path, reserve = case.data.path, case.config.storage.disk_reserve
    disk = shutil.disk_usage(path)
    if disk.free < reserve:
        yield Finding(
            "disk-full",
            f"{disk.free} bytes are free on the disk of {path}, and uploads must leave {reserve}",
            "free some space, or lower storage.disk_reserve",
        )
    elif disk.free * 100 < disk.total * _LOW:
        percent = disk.free * 100 // disk.total
        yield Finding(
            "disk-low",
            f"{percent} % of the disk of {path} are free, {disk.free} bytes",
            "free some space; `pluginhub cleanup --dry-run` says what a sweep would remove",
        )
    if kind := file_system.network_type(path):
        yield Finding(
            "network-disk",
            f"{path} lies on a network file system ({kind}), where SQLite damages its database",
            "move the data directory to a local disk (storage.plugins_base_dir)",
        )
    if has_wal_reset_defect():
        yield Finding(
            "sqlite-defect",
            "this SQLite could damage the database if another program wrote to it as well",
            "open the database with no other program, or run a Python with SQLite 3.51.3 or later",
        )


def _clock(case: Case, rows: Checkup) -> Iterator[Finding]:
    ahead = (rows.last_sweep or 0) - case.database.now()
    if ahead > _LEAP:
        yield Finding(
            "clock-back",
            f"the clock is {ahead} seconds behind the last sweep: it jumped back",
            "let the machine keep its clock by NTP; nothing is removed until it has caught up",
        )


def _modes(case: Case) -> Iterator[Finding]:
    if open_to_others := case.data.private_modes():
        path, mode = open_to_others[0]
        yield Finding(
            "modes-open",
            f"other accounts may use {path} (mode {mode:o}), which is private",
            f"chmod -R go-rwx {case.data.path}",
        )


def _secrets(case: Case) -> Iterator[Finding]:
    files = {
        "auth.jwt_secret_file": case.config.auth.jwt_secret_file,
        "publish.github_token_file": case.config.publish.github_token_file,
    }
    for setting, name in files.items():
        if not name or os.name != "posix" or not Path(name).exists():
            continue
        mode = stat.S_IMODE(Path(name).stat().st_mode)
        if mode & stat.S_IROTH:
            yield Finding(
                "secret-readable",
                f"every account of this machine may read {name} (mode {mode:o}), a secret",
                f"chmod o-rwx {name} ({setting})",
            )


def _open_files(connections: int) -> Iterator[Finding]:
    if sys.platform == "win32":  # there is no such limit
        return
    import resource  # noqa: PLC0415 - Windows has none

    hard, wanted = resource.getrlimit(resource.RLIMIT_NOFILE)[1], connections + OWN_FILES
    if hard != resource.RLIM_INFINITY and hard < wanted:
        yield Finding(
            "open-files",
            f"{hard} files may be open, and server.max_connections = {connections} needs {wanted}",
            "raise the limit (LimitNOFILE= of systemd), or lower server.max_connections",
        )


def _for_hooks(rows: Checkup) -> Iterator[Finding]:
    missing = [
        name
        for name, there in (
            ("Landlock", sandbox.landlock_version() > 0),
            ("system call filter", seccomp.is_there()),
        )
        if not there
    ]
    if rows.hooked and missing:
        yield Finding(
            "sandbox-missing",
            f"this system has no {' and no '.join(missing)} to hold hooks by, and {rows.hooked}"
            " releases have hooks",
            "use Linux 5.13 or later on x86-64 or ARM64, or publish hooks only of whom you trust",
        )
    if rows.with_extra and importlib.util.find_spec("sqlalchemy") is None:
        yield Finding(
            "extra-missing",
            f"hooks of {rows.with_extra} releases need libraries that are not installed",
            "pip install 'pluginhub[braindrive]'",
        )
