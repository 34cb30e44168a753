"""How people name repositories."""

import pytest

from pluginhub.errors import SourceError
from pluginhub.sources.repository import Repository, parse

API = "https://api.github.com"
GITEA = "https://git.example.org:3000/api/v1"


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/example/weather",
        "https://github.com/example/weather/",
        "https://github.com/example/weather.git",
        "https://github.com/example/weather/releases/tag/v1.0.0",
        "https://github.com/example/weather?tab=readme#top",
        "https://GitHub.com/example/weather",
        "http://www.github.com/example/weather",
        "example/weather",
        "example/weather.git",
    ],
)
def test_all_forms_name_the_same_repository(text: str) -> None:
    url = "https://github.com/example/weather"
    assert parse(text, API) == Repository("example", "weather", url)


def test_another_server_may_take_the_place_of_github() -> None:
    url = "https://git.example.org:3000/example/weather"
    assert parse("example/weather", GITEA).url == url
    assert parse(f"{url}.git", GITEA).url == url
    assert parse("https://github.com/a/b", GITEA).url == "https://github.com/a/b"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weather",
        "https://github.com",
        "https://github.com/example",
        "https://evil.example/github.com/example/weather",
        "https://github.com.evil.example/example/weather",
        "https://github.com@evil.example/example/weather",
        "https://git.example.org/example/weather",
        "ssh://git@github.com/example/weather",
        "git@github.com:example/weather",
        "https://github.com/../weather",
        "https://github.com/example/..%2f..",
        "https://github.com/example/.git",
        "https://github.com/exam ple/weather",
        "../weather",
        "example/weather/more",
        "https://[/a/b",
        "https://4]80:[@/3\u0130/x",
        "https://xn--/a/b",
        "https://github.com/" + "x" * 101 + "/y",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse(text, API)
    assert caught.value.code == "source-bad-url"
