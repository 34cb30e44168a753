"""What the forms of the status are for, by the end of their address."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from pluginhub.errors import NotFoundError
from pluginhub.web.pages.status import accounts, verbs, webhooks

ACTIONS: Mapping[str, Callable[[web.Request], Awaitable[web.Response]]] = {
    "yank": verbs.yank,
    "unyank": verbs.unyank,
    "approve": verbs.approve,
    "keep": verbs.keep,
    "unkeep": verbs.unkeep,
    "evict": verbs.evict,
    "sweep": verbs.sweep,
    "backup": verbs.backup,
    "fetch": verbs.fetch,
    "cancel-job": verbs.cancel_job,
    "retry-job": verbs.retry_job,
    "add-user": accounts.add,
    "enable-user": accounts.enable,
    "disable-user": accounts.disable,
    "remove-user": accounts.remove,
    "set-password": accounts.set_password,
    "create-token": accounts.create_token,
    "revoke-token": accounts.revoke_token,
    "add-webhook": webhooks.add,
    "enable-webhook": webhooks.enable,
    "disable-webhook": webhooks.disable,
    "remove-webhook": webhooks.remove,
    "test-webhook": webhooks.test,
}


async def act(request: web.Request) -> web.Response:
    """Do what a form is for.

    Raises:
        NotFoundError: There is no such form.
        HubError: Of what it is for.
    """
    action = ACTIONS.get(request.match_info["action"])
    if action is None:
        raise NotFoundError("there is no such page")
    return await action(request)
