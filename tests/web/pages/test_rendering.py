import pytest

from pluginhub.web.pages import rendering
from tests.conftest import Hub
from tests.web.pages.conftest import Visit


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1500, "1.5 kB"),
        (999_960, "1000 kB"),
        (2.5e9, "2.5 GB"),
        (3e15, "3000 TB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_suits(number: float, text: str) -> None:
    assert rendering.size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (90, "2 min"), (7200, "2 h"), (200_000, "2 d"), (-7200, "-2 h")],
)
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, text: str) -> None:
    assert rendering.duration(seconds) == text


async def test_pages_allow_nothing_from_elsewhere_and_no_script_within(hub: Hub) -> None:
    async with hub.client.get("/sign-in") as answer:
        policy = answer.headers["Content-Security-Policy"]
        html = await answer.text()
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "style=" not in html
    assert "onclick" not in html


async def test_only_known_texts_tell_what_was_done(visit: Visit) -> None:
    ann = await visit()
    assert "Removed." in (await ann.open("/?done=uninstall")).text
    for made_up in ("you-won", "../mine.title", "<script>"):
        page = await ann.open("/", params={"done": made_up})
        assert 'class="note' not in page.html
        assert made_up not in page.html
