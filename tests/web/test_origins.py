import pytest

from pluginhub.config import Server
from pluginhub.web.origins import allows

ORIGINS = ("https://app.example.org", "http://localhost:*", "http://[::1]:*")


@pytest.mark.parametrize(
    "origin",
    ["https://app.example.org", "http://localhost:5173", "http://localhost", "http://[::1]:80"],
)
def test_what_is_listed_is_allowed(origin: str) -> None:
    assert allows(ORIGINS, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://app.example.org.evil.com",
        "https://evil-app.example.org",
        "https://localhost:5173",
        "http://localhost:5173/",
        "http://localhost:x",
        "http://localhost:99999",
        "http://localhost.evil.com:80",
        "http://evil.com@localhost:80",
        "http://LOCALHOST:80",
        "http://localhost:*",
        "http://[::2]:80",
        "http://[",
    ],
)
def test_nothing_else_is(origin: str) -> None:
    assert allows(ORIGINS, origin) is (origin in ORIGINS)


def test_a_frontend_on_this_machine_is_allowed_by_default() -> None:
    assert allows(Server().cors_origins, "http://127.0.0.1:5173")
    assert not allows(Server().cors_origins, "http://10.0.0.5:5173")
