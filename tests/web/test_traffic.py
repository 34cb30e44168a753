from pluginhub.web.traffic import Traffic


def test_answers_from_memory_and_others_are_counted_together() -> None:
    traffic = Traffic()
    traffic.files.full += 2
    traffic.files.unchanged_heads += 1
    traffic.manifests.unchanged += 3
    traffic.note("files", "GET", "2xx", 0.1)
    traffic.note("page", "BREW", "4xx", 0.1)
    assert +traffic.requests() == {
        ("files", "GET", "2xx"): 3,
        ("files", "HEAD", "3xx"): 1,
        ("manifest", "GET", "3xx"): 3,
        ("page", "other", "4xx"): 1,
    }
    assert sorted(traffic.durations) == ["files", "page"]
