import pytest

from pluginhub.web.pages.markdown import to_html


def test_markdown_is_shown() -> None:
    html = to_html("# A\n\n* b `c`\n\n| d |\n|---|\n| e |\n\n[f](https://f.example)")
    for piece in (
        "<h1>A</h1>",
        "<li>b <code>c</code></li>",
        "<td>e</td>",
        '<a href="https://f.example">f</a>',
    ):
        assert piece in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](vbscript:x)",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://tracker.example/x.png)",
        "<a href='javascript:alert(1)'>x</a>",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
    ],
)
def test_nothing_in_it_acts(text: str) -> None:
    html = to_html(text)
    for bad in ("<script", "<img", 'href="javascript', 'href="vbscript', 'href="data', "<a href='"):
        assert bad not in html


def test_what_is_long_is_cut_short() -> None:
    assert len(to_html("a" * 1_000_000)) < 110_000
