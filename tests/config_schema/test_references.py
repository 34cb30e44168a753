import pytest

from pluginhub.config_schema.references import References
from pluginhub.errors import InvalidError

SCHEMA = {"$id": "https://example.org/x", "$defs": {"zone": {"$anchor": "here"}, "no": False}}


@pytest.mark.parametrize("reference", ["#/$defs/zone", "#here"])
def test_a_reference_means_a_part_of_the_schema(reference: str) -> None:
    assert References(SCHEMA).target(reference) is SCHEMA["$defs"]["zone"]  # type: ignore[index]


def test_a_reference_may_mean_the_whole_or_a_boolean() -> None:
    assert References(SCHEMA).target("#") is SCHEMA
    assert References(SCHEMA).target("#/$defs/no") is False


@pytest.mark.parametrize("reference", ["#/$defs/gone", "#gone", "#/$id", "#/$defs/no/x", "x", ""])
def test_a_reference_to_anything_else_is_refused(reference: str) -> None:
    with pytest.raises(InvalidError, match="config_schema refers to"):
        References(SCHEMA).target(reference)
