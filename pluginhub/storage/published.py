"""Opens a file of a release, if it is the one that was published."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

import structlog

from pluginhub.errors import NotFoundError
from pluginhub.models import ReleaseFile
from pluginhub.storage import tree

log = structlog.get_logger(__name__)

_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}  # they say nothing about a file


def open_file(shared: Path, slug: str, version: str, file: ReleaseFile) -> BinaryIO:
    """Open a file for reading, and say in the log if it is not as it should be; blocks.

    Args:
        shared: The directory with all releases.
        slug: Of the release.
        version: Of the release.
        file: From the release's file list, never from a request.

    Raises:
        NotFoundError: It is not there, or not the regular file that was published.
        OSError: No more files can be opened.
    """
    try:
        descriptor = tree.open_file(shared, (slug, f"v{version}", *file.path.split("/")))
    except OSError as error:
        if error.errno in _SHORTAGES:
            raise
        raise _lost("missing", slug, version, file) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size != file.size:
        os.close(descriptor)
        raise _lost("damaged", slug, version, file)
    return os.fdopen(descriptor, "rb")


def _lost(how: str, slug: str, version: str, file: ReleaseFile) -> NotFoundError:
    log.error(
        "a file is not as it was published; run pluginhub verify",
        fault=how,
        release=f"{slug} {version}",
        path=file.path,
    )
    return NotFoundError(f"the file {file.path} is {how}", path=file.path)
