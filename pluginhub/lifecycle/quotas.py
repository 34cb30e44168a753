"""How much a user may store: nobody fills the disk or the memory of all others."""

from pluginhub.config import Quotas
from pluginhub.database.usage import Usage
from pluginhub.errors import QuotaError

_NAMED = {
    "installations": "plugins installed",
    "config": "bytes of configuration",
    "states": "bytes of states of plugins",
}


def check(quotas: Quotas, before: Usage, after: Usage) -> None:
    """See to it that nobody gets more than a quota; who has more already may have less.

    Args:
        quotas: How much everybody may have.
        before: What the user had.
        after: What they are about to have.

    Raises:
        QuotaError: They would have more than before, and too much.
    """
    for name, words in _NAMED.items():
        most, has, gets = (getattr(it, name) for it in (quotas, before, after))
        if gets > max(most, has):
            raise QuotaError(
                f"a user may have {most} {words} (quotas.{name}), and this would make {gets};"
                " remove some",
                quota=name,
                limit=most,
                setting=f"quotas.{name}",
            )
