"""By what a receiver knows that an event comes from this server, and was not changed."""

import base64
import hashlib
import hmac


class Signer:
    """Signs what is sent to webhooks.

    The secret of a webhook is derived from its random id, so it need not be kept anywhere.

    Args:
        key: Of the server, secret; another one makes other secrets.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def secret(self, webhook_id: str) -> str:
        """Return the secret that a webhook shares with its receiver."""
        mac = hmac.digest(self._key, f"webhook:{webhook_id}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()

    def signature(self, webhook_id: str, at: int, body: bytes) -> str:
        """Return the signature of a body that is sent to a webhook at a time in seconds."""
        secret = self.secret(webhook_id).encode()
        mac = hmac.new(secret, b"%d.%s" % (at, body), hashlib.sha256)
        return f"t={at},v1={mac.hexdigest()}"
