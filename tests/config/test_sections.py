import pytest
from pydantic import ValidationError

from pluginhub.config import Publish, Server


@pytest.mark.parametrize("text", ["/", "hub", "/hub/", "//hub", "/a b", "/a?b", "https://x/hub"])
def test_a_base_path_is_refused_that_no_address_can_begin_with(text: str) -> None:
    with pytest.raises(ValidationError, match="must be empty, or a path such as /hub"):
        Server(base_path=text)


@pytest.mark.parametrize(
    "text",
    ["*", "null", "example.org", "https://example.org/", "https://*.example.org", "ftp://a"],
)
def test_an_origin_is_refused_that_no_browser_sends(text: str) -> None:
    with pytest.raises(ValidationError, match="is no origin such as"):
        Server(cors_origins=("https://app.example.org", text))


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "300.0.0.1", "*"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Publish(allow_private_networks=(text,))


def test_a_network_may_be_one_address() -> None:
    assert Server(trusted_proxies=("127.0.0.1", "::1")).trusted_proxies == ("127.0.0.1", "::1")
