"""Shows what plugin authors wrote as Markdown, without anything in it that acts."""

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

_LONGEST = 100_000  # characters that are shown


def to_html(text: str) -> Markup:
    """Return Markdown as HTML.

    HTML in it is shown as text, addresses that are no web or mail addresses are no links, and
    images are links, because pages load none from elsewhere. Takes milliseconds for a kilobyte
    of hostile text: run it in a thread.
    """
    return Markup(_reader().render(text[:_LONGEST]))  # noqa: S704 - HTML in the text is escaped


@cache
def _reader() -> MarkdownIt:
    # js-default: no HTML, no more than 20 levels.
    return MarkdownIt("js-default").disable("image")
