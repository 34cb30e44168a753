from pydantic import ConfigDict

from pluginhub.web.openapi.schemas import Schemas
from pluginhub.web.operations import Answer, Body


class Part(Answer):
    number: int


class Whole(Answer):
    model_config = ConfigDict(json_schema_extra={"examples": [{"parts": [{"number": 1}]}]})

    parts: list[Part]


class Wish(Body):
    number: int = 1


def test_models_refer_to_each_other_by_name() -> None:
    schemas = Schemas([(Whole, "serialization"), (Wish, "validation")])
    assert schemas.definitions.keys() == {"Whole", "Part", "Wish"}
    assert schemas.schema(Whole, "serialization") == {"$ref": "#/components/schemas/Whole"}
    items = schemas.definitions["Whole"]["properties"]["parts"]["items"]
    assert items == {"$ref": "#/components/schemas/Part"}


def test_what_is_read_may_lack_what_has_a_default() -> None:
    assert "required" not in Schemas([(Wish, "validation")]).definitions["Wish"]


def test_examples_stand_beside_the_schema() -> None:
    schemas = Schemas([(Whole, "serialization"), (Part, "serialization")])
    assert schemas.media(Whole, "serialization")["examples"] == {
        "example 1": {"value": {"parts": [{"number": 1}]}}
    }
    assert "examples" not in schemas.definitions["Whole"]
