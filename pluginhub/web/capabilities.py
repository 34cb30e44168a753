"""Capabilities: the path segment by which a script tag proves that its user has a release."""

import base64
import hashlib
import hmac
import secrets

from pluginhub.errors import DataDirectoryError
from pluginhub.storage.data_directory import DataDirectory

SEGMENT = "t"  # a file address with a capability reads t/<capability>/<path>
_KEY_SIZE = 32  # bytes
_SIZE = 18  # bytes of the MAC that go into the address: 144 bits, 24 characters


def split(address: str) -> tuple[str | None, str]:
    """Return the capability of a file's address below its plugin, if it has one, and the path."""
    first, _, rest = address.partition("/")
    if first != SEGMENT:
        return None, address
    capability, _, path = rest.partition("/")
    return capability, path


class Capabilities:
    """Issues and recognises capabilities.

    A capability is a MAC over an installation and the digest of a release: it cannot be guessed,
    stays the same (so that browsers may cache what they loaded with it), and is useless for
    anything else. Whether the installation still exists is for the database to say.

    Args:
        key: Secret; another key voids every capability.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, installation_id: str, digest: str) -> str:
        """Return the capability by which pages of an installation load a release."""
        message = f"{installation_id}:{digest}".encode()
        mac = hmac.digest(self._key, message, hashlib.sha256)
        return base64.urlsafe_b64encode(mac[:_SIZE]).decode()

    def allows(self, capability: str, installation_id: str, digest: str) -> bool:
        """Return whether a capability is the one for this installation and release."""
        expected = self.issue(installation_id, digest).encode()
        return hmac.compare_digest(expected, capability.encode(errors="replace"))


def load_key(data: DataDirectory) -> bytes:
    """Return the key kept in the data directory, made at the first start; blocks.

    Raises:
        DataDirectoryError: The key is not as it was made, so it may be guessable.
    """
    try:
        key = data.capability_key.read_bytes()
    except FileNotFoundError:
        key = secrets.token_bytes(_KEY_SIZE)
        data.write_private(data.capability_key, key)
    if len(key) != _KEY_SIZE:
        raise DataDirectoryError(
            f"{data.capability_key} is damaged; restore it, or delete it to make a new one",
            path=str(data.capability_key),
        )
    return key
