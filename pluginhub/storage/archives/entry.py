"""What every archive reader yields, and the budget that it spends."""

from collections.abc import Iterator
from dataclasses import dataclass

from pluginhub.errors import BadBundleError

CHUNK = 256 * 1024  # bytes handed on at once; bounds the memory of unpacking


@dataclass(frozen=True, slots=True)
class Entry:
    """A regular file or a directory in an archive.

    Attributes:
        name: The name as it stands in the archive, not judged yet, without the trailing slash
            of a directory.
        is_directory: Whether it is a directory; then ``chunks`` is empty.
        chunks: The content, at most ``CHUNK`` bytes at a time, to be read before the next entry
            is asked for. What is left unread is skipped, but still checked and counted.
    """

    name: str
    is_directory: bool
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one bundle may contain."""

    unpacked: int = 512 * 1024 * 1024  # bytes of all content, headers included
    entries: int = 10_000
    depth: int = 32  # directories above a file
    ratio: int = 50  # unpacked bytes per packed byte, judged above ratio_floor
    ratio_floor: int = 64 * 1024 * 1024  # bytes


class Budget:
    """Counts what a reader really produces; what an archive declares is not believed.

    Args:
        limits: The ceilings.
        packed: Size of the archive, bytes.
    """

    def __init__(self, limits: Limits, packed: int) -> None:
        self.limits = limits
        self._packed = packed
        self._unpacked = 0
        self._entries = 0

    def spend(self, size: int) -> None:
        """Account for ``size`` more unpacked bytes.

        Raises:
            BadBundleError: ``too-large`` or ``expands-too-much``.
        """
        self._unpacked += size
        if self._unpacked > self.limits.unpacked:
            raise BadBundleError("too-large", f"unpacks to more than {self.limits.unpacked} bytes")
        if self._unpacked > max(self.limits.ratio_floor, self.limits.ratio * self._packed):
            raise BadBundleError(
                "expands-too-much", f"unpacks to more than {self.limits.ratio} times its size"
            )

    def count_entry(self) -> None:
        """Account for one more entry.

        Raises:
            BadBundleError: ``too-many-entries``.
        """
        self._entries += 1
        if self._entries > self.limits.entries:
            raise BadBundleError(
                "too-many-entries", f"holds more than {self.limits.entries} entries"
            )
