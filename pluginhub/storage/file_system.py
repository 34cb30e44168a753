"""Whether the place of a data directory can be trusted with it: what kind of disk, and whose."""

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

# SQLite's locks do not hold there, and its write-ahead log damages the database.
_NETWORK = {
    *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "afs", "ncpfs", "webdav"),
    *("davfs", "lustre", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.davfs2", "fuse.s3fs"),
    *("fuse.rclone", "macfuse.sshfs"),
}


def network_type(path: Path) -> str | None:
    """Return of which kind the network file system is that a path lies on; None for a local disk.

    Args:
        path: Exists.
    """
    here = path.resolve()
    around = [it for it in psutil.disk_partitions(all=True) if here.is_relative_to(it.mountpoint)]
    if not around:
        return None
    # The last one that is mounted at a place hides what was there before.
    mounted = max(reversed(around), key=lambda it: len(Path(it.mountpoint).parts))
    remote = mounted.fstype.lower() in _NETWORK or "remote" in mounted.opts.split(",")
    return mounted.fstype if remote else None


def ignores_case(file: Path) -> bool:
    """Return whether a file is found by its name in other case as well."""
    return file.with_name(file.name.swapcase()).exists()


def obstacle(paths: Iterable[Path]) -> str | None:
    """Return why one of some paths cannot be written, and what mends that; None if all can.

    Paths that do not exist are left out.
    """
    for path in paths:
        if path.exists() and not os.access(path, os.W_OK):
            return f"{path}: {_reason(path)}"
    return None


def _reason(path: Path) -> str:
    if sys.platform == "win32":
        return "it cannot be written"
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "the file system is mounted read-only"
    status = path.stat()
    me, group = os.geteuid(), os.getegid()
    if status.st_uid == me:
        return f"its mode {stat.S_IMODE(status.st_mode):o} lets its owner not write"
    return (
        f"it belongs to {_name(status.st_uid)}, and this is run by {_name(me)}. Give it away with"
        f" `chown -R {me}:{group} {path}`; where it is a Docker volume, with"
        f" `docker run --rm --user 0 --volume VOLUME:/data IMAGE chown -R {me}:{group} /data`"
    )


def _name(user_id: int) -> str:
    import pwd  # noqa: PLC0415 - Windows has none

    try:
        return f"{pwd.getpwuid(user_id).pw_name} ({user_id})"
    except KeyError:
        return f"the user {user_id}"
