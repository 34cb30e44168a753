"""Takes away from a hook process what a hook does not need: other files, signals, memory, rights.

Memory, files and processor time are limited on every POSIX system. Which files can be reached is
limited by Landlock, which Linux has since 5.13; signals to other processes since 6.12. The calls
that Landlock does not know are left to ``seccomp``.
"""

import ctypes
import functools
import os
import site
import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pluginhub
from pluginhub.managers.libc import LIBC

if sys.platform != "win32":
    import resource

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on all architectures
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAPBSET_DROP = 24
_CAPABILITIES = 64  # more than there are
_CAPABILITY_VERSION = 0x20080522
_PATH_BENEATH = 1

# Rights of linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_SCOPES = 1 << 0 | 1 << 1  # abstract sockets, signals

_FILE_SIZE = 64 * 1024 * 1024
_FILES = 256
_NICENESS = 10

_SYSTEM = (
    *("/usr/bin", "/usr/sbin", "/usr/share", "/usr/local/bin", "/usr/local/share"),
    *("/lib", "/lib32", "/lib64", "/bin", "/sbin", "/sys", "/proc/sys", "/proc/self"),
    *("/proc/cpuinfo", "/proc/filesystems", "/proc/loadavg", "/proc/meminfo", "/proc/stat"),
    *("/proc/uptime", "/proc/version"),
    *(f"/dev/{name}" for name in ("null", "zero", "full", "random", "urandom")),
)
_LIBRARIES = ("/usr", "/usr/local")  # in directories whose names begin with "lib"
_OF_PYTHON = ("bin", "lib", "lib64", "include", "share", "pyvenv.cfg")
# The rest of /etc holds settings of other programs, and their passwords.
_OF_ETC = (
    *("alternatives", "ca-certificates", "pki", "ssl", "terminfo"),
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "timezone", "locale.conf"),
    *("gai.conf", "host.conf", "hosts", "nsswitch.conf", "resolv.conf", "protocols", "services"),
    *("group", "mime.types", "os-release", "passwd"),
)


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scopes", ctypes.c_uint64),
    )


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def limit(memory: int) -> int:
    """Limit memory and files of this process, take its privileges, and be nice to others.

    Args:
        memory: Bytes that it may take beyond what it has.

    Returns:
        How many files it may have open.
    """
    if sys.platform == "win32":
        return _FILES
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, _FILE_SIZE)
    if (taken := _address_space()) is not None:
        _lower(resource.RLIMIT_AS, taken + memory)
    os.nice(_NICENESS)
    drop_capabilities()
    return _lower(resource.RLIMIT_NOFILE, _FILES)


def drop_capabilities() -> None:
    """Keep root from all that it may do besides what an owner of files may."""
    if sys.platform != "linux":
        return
    for number in range(_CAPABILITIES):
        if LIBC.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) != 0:  # not allowed, or the last is gone
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    LIBC.capset(header, (ctypes.c_uint32 * 6)())


@functools.cache
def system_paths() -> tuple[Path, ...]:
    """Return what any Python program reads: the system's libraries, Python's, and this package."""
    prefixes = sorted({sys.prefix, sys.base_prefix, sys.exec_prefix})
    found = [
        *map(Path, _SYSTEM),
        *(path for root in _LIBRARIES for path in sorted(Path(root).glob("lib*"))),
        *(Path("/etc", name) for name in _OF_ETC),
        *(Path(prefix, name) for prefix in prefixes for name in _OF_PYTHON),
        *map(Path, site.getsitepackages()),
        Path(pluginhub.__file__).parent,
    ]
    return tuple(path for path in dict.fromkeys(found) if path.exists())


def readable(path: Path) -> bool:
    """Return whether every hook can read a path, because it is below one of the system's."""
    path = path.resolve()
    return any(path.is_relative_to(system.resolve()) for system in system_paths())


def landlock_version() -> int:
    """Return which version of Landlock the system has, 0 if it has none."""
    if sys.platform != "linux":
        return 0
    found: int = LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    return max(0, found)


def restrict(read: Sequence[Path], write: Sequence[Path]) -> bool:
    """Give up, for this process and all that it starts, all files but these.

    Args:
        read: Files and directories to read and to execute.
        write: Directories in which everything is allowed, and files to write to.

    Returns:
        Whether the system enforces it; False where it has no Landlock.
    """
    version = landlock_version()
    if version < 1:
        return False
    everything = _rights(version)
    attributes = _Ruleset(everything, 0, _SCOPES if version >= 6 else 0)  # noqa: PLR2004
    size = ctypes.sizeof(_Ruleset) if version >= 6 else 8  # noqa: PLR2004 - versions of Landlock
    ruleset = LIBC.syscall(
        _CREATE_RULESET, ctypes.byref(attributes), ctypes.c_size_t(size), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        return False
    try:
        for paths, rights in ((read, _READ), (write, everything)):
            _allow(ruleset, paths, rights)
        LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(LIBC.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)) == 0)
    finally:
        os.close(ruleset)


def _rights(version: int) -> int:
    """Return all rights that a version of Landlock knows, up to those of version 5."""
    bits = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    return (1 << bits) - 1


def _allow(ruleset: int, paths: Iterable[Path], rights: int) -> None:
    beneath = _Beneath(rights, 0)
    for path in paths:
        try:
            beneath.parent = parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            is_directory = stat.S_ISDIR(os.fstat(parent).st_mode)
            beneath.allowed = rights if is_directory else rights & _OF_FILES
            LIBC.syscall(
                _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(beneath), ctypes.c_uint32(0)
            )
        finally:
            os.close(parent)


def _lower(kind: int, limit: int) -> int:
    """Set a limit, soft and hard, unless it is lower already."""
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(kind, (limit, limit))
    return limit


def _address_space() -> int | None:
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except FileNotFoundError:
        return None
    return int(pages) * resource.getpagesize()
