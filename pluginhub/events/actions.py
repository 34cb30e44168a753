"""Which types of events there are, by the actions of the audit; other actions make no event."""

from collections.abc import Mapping

_OF_PLUGINS: Mapping[str, str] = {
    "publish": "published",
    "install": "installed",
    "update": "updated",
    "rollback": "rolled-back",
    "uninstall": "removed",
    "enable": "enabled",
    "disable": "disabled",
    "configure": "configured",
    "enable-modules": "configured",
    "disable-modules": "configured",
    "pin": "configured",
    "unpin": "configured",
    "channel": "configured",
    "yank": "yanked",
    "unyank": "unyanked",
    "approve": "approved",
    "remove": "cleanup",
    "withdraw": "cleanup",
}
_OF_ACCOUNTS: Mapping[str, str] = {
    "add-user": "user-added",
    "import-user": "user-added",
    "enable-user": "user-enabled",
    "disable-user": "user-disabled",
    "rename-user": "user-renamed",
    "remove-user": "user-removed",
    "export-user": "user-exported",
    "set-password": "password-set",
    "create-token": "token-created",
    "revoke-token": "token-revoked",
}
TYPE_OF = {**_OF_PLUGINS, **_OF_ACCOUNTS}
PUBLIC = frozenset({"published", "yanked", "unyanked", "approved", "cleanup"})

TYPES = tuple(dict.fromkeys(TYPE_OF.values()))
TEST = "test"  # of what a webhook is tried with; nothing has happened then
