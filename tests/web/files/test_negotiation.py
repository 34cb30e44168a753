import pytest

from pluginhub.web.files.negotiation import accepted


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip, deflate, br, zstd", ("br", "zstd", "gzip")),
        ("gzip, deflate", ("gzip",)),
        ("br;q=0.5, gzip;q=0.9", ("gzip", "br")),
        ("BR ; q=1.0", ("br",)),
        ("GZIP", ("gzip",)),
        ("*", ("br", "zstd", "gzip")),
        ("*;q=0.1, gzip", ("gzip", "br", "zstd")),
        ("br;q=0, *", ("zstd", "gzip")),
        ("br;q=0", ()),
        ("gzip;q=0.5, identity", ()),
        ("gzip;q=0.5, identity;q=0.4", ("gzip",)),
        ("identity", ()),
        ("", ()),
        ("nonsense;;;", ()),
        ("br;q=2", ()),
        ("br;q=-1", ()),
        ("x" * 100_000 + ", br", ()),
    ],
)
def test_codings_are_chosen_by_weight_then_by_size(header: str, expected: tuple[str, ...]) -> None:
    assert accepted(header) == expected
