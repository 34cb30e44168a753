"""The library that counts what a process changes, and lets the n-th change end badly."""

import ctypes
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("crashpoints.c")


class Mode(IntEnum):
    """How the n-th change ends; numbered as in the C file."""

    OFF = 0
    KILL = 1  # the process is killed before it
    TORN = 2  # the first half of the bytes is written, then the process is killed
    NO_SPACE_ONCE = 3
    NO_SPACE = 4  # from then on
    IO_ERROR = 5  # once
    RECORD = 6  # well, and it is written down


DEADLY = (Mode.KILL, Mode.TORN)
FAILING = (Mode.NO_SPACE_ONCE, Mode.NO_SPACE, Mode.IO_ERROR)


class Library:
    """The library, in a process that was started with it."""

    def __init__(self) -> None:
        self._loaded = ctypes.CDLL(None)
        self._loaded.crash_count.restype = ctypes.c_long
        self._loaded.crash_arm.argtypes = (ctypes.c_int, ctypes.c_long, ctypes.c_int)
        self._loaded.crash_mark.argtypes = (ctypes.c_long,)

    def watch(self, folder: Path) -> None:
        """Count what changes below a directory, whose path has no link in it."""
        self._loaded.crash_watch(bytes(folder))

    def arm(self, mode: Mode, number: int = 0, record: int = -1) -> None:
        """Let the change of this number, from now on and from 1, end badly.

        Args:
            mode: How.
            number: 0 for none.
            record: Descriptor that gets the record.
        """
        self._loaded.crash_arm(mode, number, record)

    def count(self) -> int:
        """Return how many changes there were since it was armed."""
        found: int = self._loaded.crash_count()
        return found

    def mark(self, number: int) -> None:
        """Write into the record that so many steps were acknowledged."""
        self._loaded.crash_mark(number)


@dataclass(frozen=True)
class Trap:
    """A change that is to end badly, counted from when the trap is set."""

    library: Library
    mode: Mode
    number: int = 0
    record: int = -1

    def set(self) -> None:
        self.library.arm(self.mode, self.number, self.record)

    def release(self) -> None:
        self.library.arm(Mode.OFF)


def built(folder: Path) -> Path:
    """Compile the library into a directory, or skip the test where that cannot be."""
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        pytest.skip("the library that stands before the calls of libc is for that of GNU on Linux")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    library = folder / "crashpoints.so"
    options = ("-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread")
    subprocess.run([compiler, *options, "-o", library, _SOURCE], check=True)
    return library
