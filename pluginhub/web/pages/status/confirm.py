"""The page that says what something would destroy, with the button that does it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from aiohttp import web
from pydantic import StringConstraints

from pluginhub.database import api_tokens, catalogue, installations, users, webhooks
from pluginhub.errors import NotFoundError
from pluginhub.lifecycle import yank
from pluginhub.web import keys
from pluginhub.web.pages import forms, rendering
from pluginhub.web.pages.status.parts import Next, Text
from pluginhub.web.pages.texts import Texts

Action = Literal["yank", "disable-user", "remove-user", "revoke-token", "remove-webhook"]


class Question(forms.Form):
    """What is to be confirmed: of a release, of a user, of a token of a user, or of a webhook."""

    action: Action
    slug: Text = ""
    version: Text = ""
    user: Text = ""
    id: Annotated[str, StringConstraints(max_length=64)] = ""
    next: Next = "/status"


@dataclass(frozen=True, slots=True)
class Consequences:
    """What would happen.

    Attributes:
        subject: What it would happen to.
        sentences: What it means.
        fields: Of the form that does it.
        back: The page to go back to.
    """

    subject: str
    sentences: list[str]
    fields: Mapping[str, str]
    back: str


async def show(request: web.Request) -> web.Response:
    """Answer the page.

    Raises:
        NotFoundError: There is no such release, user, token or webhook.
    """
    question = forms.query(request, Question)
    texts = (await request.app[rendering.SHELF].pages()).texts
    found = await _QUESTIONS[question.action](request, question, texts)
    return await rendering.render(
        request, "status_confirm.html", action=question.action, found=found
    )


async def _yank(request: web.Request, question: Question, _texts: Texts) -> Consequences:
    plan = await yank.plan_yank(
        request.app[keys.DATABASE], question.slug, question.version, actor=request[keys.ACTOR]
    )
    return Consequences(
        f"{plan.slug} {question.version}",
        [note.text for note in plan.notes],
        {"slug": plan.slug or question.slug, "version": question.version, "next": question.next},
        question.next,
    )


async def _disable(request: web.Request, question: Question, texts: Texts) -> Consequences:
    async with request.app[keys.DATABASE].snapshot() as connection:
        user = await users.get(connection, question.user)
    sentences = [str(texts("confirm.signed-out")), str(texts("confirm.kept"))]
    return Consequences(user.name, sentences, {"user": user.name}, f"/status/users/{user.name}")


async def _remove(request: web.Request, question: Question, texts: Texts) -> Consequences:
    async with request.app[keys.DATABASE].snapshot() as connection:
        user = await users.get(connection, question.user)
        plugins = len(await installations.list_of(connection, user.id))
        tokens = len(await api_tokens.list_of(connection, user.id))
        owned = await catalogue.owned_by(connection, user.id)
    sentences = [
        str(texts.count("confirm.loses-plugins", plugins)),
        str(texts.count("confirm.loses-tokens", tokens)),
        str(texts("confirm.for-good")),
    ]
    if owned:
        sentences.append(str(texts("confirm.ownerless", names=", ".join(owned[:10]))))
    return Consequences(user.name, sentences, {"user": user.name}, f"/status/users/{user.name}")


async def _revoke(request: web.Request, question: Question, texts: Texts) -> Consequences:
    async with request.app[keys.DATABASE].snapshot() as connection:
        user = await users.get(connection, question.user)
        token = await api_tokens.find_by_id(connection, question.id)
    if token is None or token.user_id != user.id:
        raise NotFoundError("there is no such token")
    return Consequences(
        f"{token.name} ({user.name})",
        [str(texts("confirm.locked-out"))],
        {"user": user.name, "id": token.id},
        f"/status/users/{user.name}",
    )


async def _forget(request: web.Request, question: Question, texts: Texts) -> Consequences:
    async with request.app[keys.DATABASE].snapshot() as connection:
        webhook = await webhooks.find(connection, question.id)
    if webhook is None:
        raise NotFoundError("there is no such webhook")
    sentences = [str(texts("confirm.not-told"))]
    return Consequences(webhook.url, sentences, {"id": webhook.id}, "/status/webhooks")


_QUESTIONS: Mapping[Action, Callable[[web.Request, Question, Texts], Awaitable[Consequences]]] = {
    "yank": _yank,
    "disable-user": _disable,
    "remove-user": _remove,
    "revoke-token": _revoke,
    "remove-webhook": _forget,
}
