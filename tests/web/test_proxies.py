import pytest

from pluginhub.web.proxies import Forwarded, Networks, Proxies, host_name

PROXIES = Proxies(("127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"))


def address(*values: str) -> str:
    return PROXIES.forwarded("127.0.0.1", values, (), ()).address


def test_the_networks_are_trusted_and_nobody_else() -> None:
    for trusted in ("127.0.0.1", "10.9.8.7", "2001:db8::1", "::ffff:10.0.0.1"):
        assert PROXIES.trust(trusted), trusted
    for other in (None, "", "127.0.0.2", "11.0.0.1", "::1", "unix", "10.0.0.1.evil.example"):
        assert not PROXIES.trust(other), other
    assert not Proxies(()).trust("127.0.0.1")


def test_networks_have_addresses_in_any_spelling() -> None:
    networks = Networks(("192.0.2.0/24", "::1/128"))
    assert [networks.has(it) for it in ("192.0.2.9", "::ffff:192.0.2.9", "0:0::1")] == [True] * 3
    assert [networks.has(it) for it in ("192.0.3.1", "::2", "", None)] == [False] * 4
    assert not Networks(()).has("192.0.2.9")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], "127.0.0.1"),
        (["192.0.2.1"], "192.0.2.1"),
        (["1.1.1.1, 192.0.2.1"], "192.0.2.1"),  # the client wrote the first itself
        (["1.1.1.1", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, 10.1.1.1"], "192.0.2.1"),  # two proxies
        (["1.1.1.1, 192.0.2.1, 10.1.1.1, 10.2.2.2"], "192.0.2.1"),
        (["10.1.1.1, 10.2.2.2"], "10.1.1.1"),  # everybody is a proxy
        (["192.0.2.1:4711"], "192.0.2.1"),
        (["[2001:db9::1]:4711"], "2001:db9::1"),
        (["2001:db9::1"], "2001:db9::1"),
        (["::ffff:192.0.2.1"], "192.0.2.1"),
        (["192.0.2.1, unknown"], "127.0.0.1"),
        (["192.0.2.1, , 10.1.1.1,"], "192.0.2.1"),
        (["<script>"], "127.0.0.1"),
        (["192.0.2.1, x, 10.1.1.1"], "10.1.1.1"),
    ],
)
def test_the_address_is_the_last_one_that_is_no_proxy(values: list[str], expected: str) -> None:
    assert address(*values) == expected


def test_of_scheme_and_host_the_last_value_counts_if_it_is_one() -> None:
    found = PROXIES.forwarded("10.0.0.1", (), ("ftp, HTTPS",), ("evil.example, hub.example:8443",))
    assert found == Forwarded("10.0.0.1", "https", "hub.example:8443")
    for scheme, host in [("https, x", "a b"), ("", "a/b"), ("javascript", "a,@b"), ("x", "")]:
        assert PROXIES.forwarded("10.0.0.1", (), (scheme,), (host,)) == Forwarded(
            "10.0.0.1", None, None
        )


def test_the_name_of_a_host_is_without_port_and_in_lower_case() -> None:
    names = {
        "Hub.Example.org:8443": "hub.example.org",
        "hub.example.org.": "hub.example.org",
        "[::1]:80": "[::1]",
        "127.0.0.1": "127.0.0.1",
        "a b": "",
        "hub.example.org@evil.example": "",
        "hub.example.org:80:80": "",
        "": "",
    }
    assert {host: host_name(host) for host in names} == names
