import pytest

from pluginhub.config import Server
from pluginhub.web.origins import Origins

ALLOWED = (
    "https://app.example.org",
    "http://localhost:*",
    "http://[::1]:*",
    "https://a.example:8443",
)


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.org",
        "http://localhost",
        "http://localhost:5173",
        "http://[::1]:80",
        "https://a.example:8443",
    ],
)
def test_what_is_in_the_list_is_allowed(origin: str) -> None:
    assert Origins(ALLOWED).allow(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "http://app.example.org",
        "https://app.example.org:443",
        "https://app.example.org.evil.example",
        "https://evil-app.example.org",
        "https://appxexample.org",
        "https://APP.example.org",
        "https://app.example.org/",
        "https://app.example.org\n",
        "https://user@app.example.org",
        "https://app.example.org, https://evil.example",
        "http://localhost:",
        "http://localhost:x",
        "http://localhost:123456",
        "http://localhost:5173.evil.example",
        "http://localhost.evil.example",
        "http://localhost:٣",
        "http://[::1].evil.example:80",
        "https://localhost:5173",
        "https://a.example",
        "file://",
    ],
)
def test_what_only_looks_like_it_is_not(origin: str) -> None:
    assert not Origins(ALLOWED).allow(origin)
    assert not Origins(()).allow(origin)


def test_pages_on_this_machine_are_allowed_by_default() -> None:
    origins = Origins(Server().cors_origins)
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert origins.allow(f"http://{host}:5173")
        assert not origins.allow(f"https://{host}:5173")
    assert not origins.allow("http://10.0.0.5:5173")
