import re

from aiohttp.test_utils import make_mocked_request

from pluginhub.web import request_ids


def test_the_id_of_a_client_is_kept_if_it_is_a_plain_one() -> None:
    for given in ("a", "A-b_9" * 12, "x" * 64):
        request = make_mocked_request("GET", "/", {"X-Request-ID": given})
        assert request_ids.of(request) == given
    for given in ("", "a b", "x" * 65, "ü", "a;b"):
        request = make_mocked_request("GET", "/", {"X-Request-ID": given})
        assert re.fullmatch(r"[0-9a-f]{32}", request_ids.of(request))


def test_requests_without_one_get_one_each_and_keep_it() -> None:
    requests = [make_mocked_request("GET", "/") for _ in range(3)]
    found = [request_ids.of(request) for request in requests]
    assert len(set(found)) == 3
    assert [request_ids.of(request) for request in requests] == found
