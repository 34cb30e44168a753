import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from pluginhub import manifest
from pluginhub.errors import BadBundleError
from pluginhub.manifest import Manifest, Module
from tests import bundles

SCHEMA = Draft202012Validator(manifest.schema())
LINE = "x" * 200

GOOD: dict[str, list[Any]] = {
    "manifest_version": [1],
    "slug": ["a", "9", "Weather_Panel", "a-b", "x" * 64],
    "name": ["x", "Ünïcode ☃", LINE],
    "version": ["1.0.0", "1", "1.0.0-rc.1+build_5", "2!1.0", "9" * 64],
    "description": ["", "lines\nof text", "x" * 10_000],
    "author": [None, "", LINE],
    "license": [None, "MIT"],
    "homepage": [None, "https://example.org/" + "x" * 2000],
    "icon": [None, "clock"],
    "category": [None, "time"],
    "tags": [[], ["a", LINE]],
    "scope": ["a", "_a", "$a", "My-Scope9", "x" * 128],
    "entry": ["entry.js", "a/b/c.js", "..a/b..js", "x" * 1024],
    "modules": [[{"name": "a"}], [{"name": "a"}, {"name": "A"}]],
    "dependencies": [{}, {"Charts": "^3", "a-b": ""}],
    "conflicts": [{}, {"Sundial": "*"}],
    "requires": [{}, {"host": None}, {"host": ">=1"}],
    "config_schema": [None, {}, {"type": "object", "$defs": {"x": [1, 2.5, None, True]}}],
    "permissions": [[], ["storage"]],
    "hooks": [None, "lifecycle_manager.py", "hooks/main.py"],
}
BAD: dict[str, list[Any]] = {
    "manifest_version": [0, 2, "1", None],
    "slug": ["", "_a", "-a", "a b", "a/b", "ä", "a.b", "a\n", "x" * 65, 1, None, "Manifest"],
    "name": ["", "x" * 201, 1, None],
    "version": ["", "-1", " 1", "1 ", "1/0", "1.0\n", "ä", "9" * 65, 1, 1.0, None],
    "description": ["x" * 10_001, 1, None],
    "author": ["x" * 201, 1, ["x"], {"name": "x"}],
    "license": ["x" * 201, {}],
    "homepage": ["x" * 2049, 1],
    "icon": ["x" * 201, 1],
    "category": ["x" * 201, []],
    "tags": ["a", [1], [None], ["x" * 201], None, {}],
    "scope": ["", "9a", "-a", "a b", "a.b", "a'", "x" * 129, None],
    "entry": ["", "/a", "a//b", "a/", "./a", "../a", "a/../b", "a\\b", "a\nb", "x" * 1025, None],
    "modules": [[], {}, None, ["a"], [{}], [{"name": "a"}, {"name": "a"}]],
    "dependencies": [[], {"a b": "1"}, {"a": 1}, {"a": "x" * 201}, {"install": "1"}, None],
    "conflicts": [[], {"": "1"}, {"a": None}],
    "requires": [None, [], {"hots": "1"}, {"host": 1}],
    "config_schema": [[], "x", 1],
    "permissions": ["x", [1], None],
    "hooks": ["/x.py", "../x.py", "", 1],
}
GOOD_IN_MODULE: dict[str, list[Any]] = {
    "name": ["a", "9", "_", "$", "A.b-c_d$", "x" * 128],
    "display_name": [None, "", "Clock face"],
    "description": [None, "lines\nof text"],
    "icon": [None, "clock"],
    "category": [None, "time"],
    "tags": [[], ["time"]],
    "priority": [0, -(2**31), 2**31 - 1],
    "props": [{}, {"deep": [{"x": None}]}],
    "config_fields": [{}, {"zone": {"type": "text"}}],
    "required_services": [{}, {"settings": {"methods": ["get"]}}],
    "layout": [{}, {"minWidth": 2}],
    "messages": [{}, {"sends": []}],
    "dependencies": [[], ["a", {"b": 1}, None]],
}
BAD_IN_MODULE: dict[str, list[Any]] = {
    "name": ["", "a b", "a/b", "-a", ".a", "ä", "a\n", "x" * 129, 1, None],
    "display_name": ["x" * 201, 1],
    "description": ["x" * 10_001, []],
    "icon": ["x" * 201, 1],
    "category": ["x" * 201, 1],
    "tags": ["a", [1], None],
    "priority": [2**31, -(2**31) - 1, 1.5, "1", True, None],
    "props": [[], "x", None],
    "config_fields": [[], 1],
    "required_services": [[], None],
    "layout": [[], "x"],
    "messages": [[], 1],
    "dependencies": [{}, "x", None],
}
RESERVED = (
    "manifest manager categories tags test direct simple by-slug available updates install"
    " install-from-url refresh-cache installed system jobs"
)
NOT_NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", '{"deep": [-1e999]}']


def pairs(table: dict[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(key, value) for key, values in table.items() for value in values]


def deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = [found]
    return found


def named(pair: Any) -> str:
    return repr(pair)[:30]


def parse(document: Any) -> Manifest:
    return manifest.parse(json.dumps(document).encode())


def refusal(document: Any) -> str:
    with pytest.raises(BadBundleError) as caught:
        parse(document)
    assert caught.value.reason == "bad-manifest"
    return str(caught.value)


def document_with(**more: Any) -> dict[str, Any]:
    return {**bundles.manifest(), **more}


def with_module(**module: Any) -> dict[str, Any]:
    return document_with(modules=[{"name": "a", **module}])


# Keys and values


def test_the_tables_know_every_key() -> None:
    assert GOOD.keys() == BAD.keys() == Manifest.model_fields.keys()
    assert GOOD_IN_MODULE.keys() == BAD_IN_MODULE.keys() == Module.model_fields.keys()


@pytest.mark.parametrize(("key", "value"), pairs(GOOD), ids=named)
def test_a_good_value_is_taken_as_it_is(key: str, value: Any) -> None:
    document = document_with(**{key: value})
    taken = json.loads(parse(document).model_dump_json(include={key}, exclude_unset=True))
    assert taken == {key: value}
    SCHEMA.validate(document)


@pytest.mark.parametrize(("key", "value"), pairs(BAD), ids=named)
def test_a_bad_value_is_refused_with_its_key(key: str, value: Any) -> None:
    assert refusal(document_with(**{key: value})).startswith(f"pluginhub.json: {key}")


@pytest.mark.parametrize(("key", "value"), pairs(GOOD_IN_MODULE), ids=named)
def test_a_good_value_of_a_module_is_taken_as_it_is(key: str, value: Any) -> None:
    document = with_module(**{key: value})
    assert getattr(parse(document).modules[0], key) == value
    SCHEMA.validate(document)


@pytest.mark.parametrize(("key", "value"), pairs(BAD_IN_MODULE), ids=named)
def test_a_bad_value_of_a_module_is_refused_with_its_path(key: str, value: Any) -> None:
    message = refusal(with_module(**{key: value}))
    assert message.startswith(f"pluginhub.json: modules[0].{key}")


@pytest.mark.parametrize("key", ["slug", "name", "version", "scope", "modules"])
def test_a_required_key_is_missed_by_name(key: str) -> None:
    document = bundles.manifest()
    del document[key]
    assert refusal(document) == f"pluginhub.json: {key}: required"


def test_nothing_else_is_required() -> None:
    keys = ("slug", "name", "version", "scope")
    document = {key: bundles.manifest()[key] for key in keys} | {"modules": [{"name": "a"}]}
    parsed = parse(document)
    assert (parsed.entry, parsed.manifest_version) == ("dist/remoteEntry.js", 1)
    SCHEMA.validate(document)


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(BadBundleError) as caught:
        parse({"slug": "a b", "modules": [{"name": "a"}, {}, {"nmae": "x", "priority": "1"}]})
    for start in ("slug: ", "name: required", "modules[1].name: required", "modules[2].nmae: unk"):
        assert (
            len([text for text in caught.value.fields["problems"] if text.startswith(start)]) == 1
        )
        assert start in str(caught.value)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (bundles.manifest(colour="red"), "colour"),
        (with_module(colour="red"), "modules[0].colour"),
        (bundles.manifest(requires={"hots": "1"}), "requires.hots"),
    ],
)
def test_an_unknown_key_is_refused_with_its_path(document: dict[str, Any], path: str) -> None:
    assert refusal(document) == f"pluginhub.json: {path}: unknown key"
    assert not SCHEMA.is_valid(document)


def test_an_unprintable_key_cannot_write_to_a_terminal() -> None:
    assert refusal(document_with(**{"\x1b[2J\n": 1})).isprintable()


@pytest.mark.parametrize("slug", RESERVED.split())
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_a_reserved_slug_is_refused_in_any_case(slug: str, spelling: Any) -> None:
    message = refusal(bundles.manifest(spelling(slug), scope="x"))
    assert message == f"pluginhub.json: slug: '{spelling(slug)}' is reserved"


@pytest.mark.parametrize("slug", ["CON", "aux", "Lpt1"])
def test_a_slug_that_is_a_device_on_windows_is_refused(slug: str) -> None:
    assert "is reserved" in refusal(document_with(slug=slug))


@pytest.mark.parametrize(
    ("key", "value"), [("name", "a\nb"), ("author", "\x1b[2J"), ("description", "\x1b]0;x\x07")]
)
def test_control_characters_are_refused(key: str, value: str) -> None:
    assert f"{key}: " in refusal(document_with(**{key: value}))


def test_a_description_may_have_lines() -> None:
    assert parse(document_with(description="a\r\n\tb")).description == "a\r\n\tb"


def test_a_message_names_only_so_many_problems() -> None:
    message = refusal(document_with(**{f"key{number}": 1 for number in range(1000)}))
    assert message.count("unknown key") == 20


@pytest.mark.parametrize("slug", ["manifests", "installer", "my-tags", "test_1"])
def test_a_slug_that_only_contains_a_reserved_word_is_free(slug: str) -> None:
    assert parse(bundles.manifest(slug, scope="x")).slug == slug


# Spellings


@pytest.mark.parametrize(
    ("given", "taken"),
    [("v1.0.0", "1.0.0"), ("V2", "2"), ("v" + "9" * 64, "9" * 64), ("vv1", "vv1"), ("va", "va")],
)
def test_one_v_before_the_number_is_taken_off(given: str, taken: str) -> None:
    assert parse(bundles.manifest(version=given)).version == taken


@pytest.mark.parametrize(
    ("key", "value"), [(key, values[-1]) for key, values in GOOD.items() if "_" in key]
)
def test_camel_case_is_the_same_as_snake_case(key: str, value: Any) -> None:
    camel = document_with(**{to_camel(key): value})
    assert parse(camel) == parse(document_with(**{key: value}))
    assert "unknown key" in refusal({**camel, key: value})


@pytest.mark.parametrize(
    ("key", "value"), [(key, values[-1]) for key, values in GOOD_IN_MODULE.items() if "_" in key]
)
def test_camel_case_in_a_module_is_the_same_as_snake_case(key: str, value: Any) -> None:
    camel = with_module(**{to_camel(key): value})
    assert parse(camel) == parse(with_module(**{key: value}))
    assert "unknown key" in refusal(with_module(**{key: value, to_camel(key): value}))


# JSON


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"\x00", b"{}x"])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(BadBundleError, match=r"pluginhub\.json: the document: "):
        manifest.parse(raw)


@pytest.mark.parametrize("number", NOT_NUMBERS)
@pytest.mark.parametrize("key", ["config_schema", "props", "layout", "dependencies"])
def test_a_number_that_browsers_cannot_read_is_refused(key: str, number: str) -> None:
    wrapped: Any = ["?"] if key == "dependencies" else {"x": "?"}
    plain = key == "config_schema"
    document = bundles.manifest(config_schema=wrapped) if plain else with_module(**{key: wrapped})
    raw = json.dumps(document).replace('"?"', number)
    with pytest.raises(BadBundleError, match=f"{key}: holds NaN or an infinite number"):
        manifest.parse(raw.encode())


@pytest.mark.parametrize(
    "value",
    ["\ud800", {"\ud800": 1}, deep(300), deep(245)],
    ids=["value", "key", "deep", "deep with what is around it"],
)
def test_literals_of_a_package_that_cannot_be_sent_as_json_are_refused(value: Any) -> None:
    document = with_module(props={"x": value})
    with pytest.raises(ValidationError, match="nested too deep, or holds text that is not Unicode"):
        Manifest.model_validate(document)


@pytest.mark.parametrize("depth", [500, 100_000])
def test_a_document_that_is_nested_too_deep_is_refused(depth: int) -> None:
    raw = b'{"config_schema": ' + b"[" * depth + b"]" * depth + b"}"
    with pytest.raises(BadBundleError, match="recursion limit"):
        manifest.parse(raw)


@pytest.mark.parametrize("text", ["\\ud800", "\\udc00\\ud800"])
def test_half_a_character_is_refused(text: str) -> None:
    raw = json.dumps(bundles.manifest(name="?")).replace("?", text)
    with pytest.raises(BadBundleError, match="Invalid JSON"):
        manifest.parse(raw.encode())


def test_a_number_with_5000_digits_is_refused() -> None:
    raw = json.dumps(bundles.manifest(config_schema={"x": "?"})).replace('"?"', "9" * 5000)
    with pytest.raises(BadBundleError, match="number out of range"):
        manifest.parse(raw.encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=4),
    max_leaves=10,
)
KEYS = st.sampled_from([*Manifest.model_fields, *map(to_camel, Manifest.model_fields)])
MODULE_KEYS = st.sampled_from([*Module.model_fields, *map(to_camel, Module.model_fields)])


def judge(raw: bytes) -> None:
    """Parse, and hold what is accepted against the schema and against a second reading."""
    try:
        parsed = manifest.parse(raw)
    except BadBundleError:
        return
    again = parsed.model_dump_json(exclude_defaults=True).encode()
    assert manifest.parse(again) == parsed
    SCHEMA.validate(json.loads(again))


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_document_is_read_or_refused(raw: bytes) -> None:
    judge(raw)


@given(st.dictionaries(KEYS, JSON, max_size=3), st.dictionaries(MODULE_KEYS, JSON, max_size=3))
def test_any_value_of_a_known_key_is_read_or_refused(
    keys: dict[str, Any], module: dict[str, Any]
) -> None:
    document = {**bundles.manifest(), "modules": [{"name": "a", **module}], **keys}
    judge(json.dumps(document).encode())


# The schema


def test_the_schema_is_a_schema_of_its_year() -> None:
    Draft202012Validator.check_schema(manifest.schema())
    assert manifest.schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert manifest.schema()["title"] == "pluginhub.json"


def test_the_schema_names_every_key_in_its_canonical_spelling() -> None:
    schema = manifest.schema()
    assert schema["properties"].keys() == Manifest.model_fields.keys()
    assert schema["$defs"]["Module"]["properties"].keys() == Module.model_fields.keys()
    assert set(schema["required"]) == {"slug", "name", "version", "scope", "modules"}


@pytest.mark.parametrize(
    "document",
    [
        document_with(slug="a b"),
        document_with(version=1),
        document_with(modules=[]),
        with_module(name="a b"),
        with_module(priority="1"),
        {},
    ],
)
def test_the_schema_refuses_what_is_plainly_wrong(document: dict[str, Any]) -> None:
    assert not SCHEMA.is_valid(document)
