import json

import pytest

from pluginhub.errors import MalformedError
from pluginhub.web import strict_json


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "null",
        '"\\ud83d\\ude00 \\u00e4"',
        '{"a": [1, -2.5, 1e10, {"b": true}], "": ""}',
        "[" * 64 + "]" * 64,
        "1" * 100,
        " \t\r\n[1]\n",
    ],
)
def test_json_is_read_as_it_is(text: str) -> None:
    assert strict_json.loads(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: Expecting value"),
        (b"{'a': 1}", r"not JSON: .*\(line 1, column 2\)"),
        (b"[1] x", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[NaN]", "NaN is no number"),
        (b"[-Infinity]", "-Infinity is no number"),
        (b"1e999", "a number that is too large"),
        (b"[-1e999]", "a number that is too large"),
        (b"9" * 5000, "a number of more than 100 characters"),
        (b"0." + b"1" * 200, "a number of more than 100 characters"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "the key 'c' twice"),
        (b'"\\ud800"', "not valid Unicode"),
        (b'{"\\udc00x": 1}', "not valid Unicode"),
        (b"[" * 65 + b"]" * 65, "more than 64"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "more than 64"),
        (b"[" * 100_000 + b"]" * 100_000, "more than 64"),
    ],
)
def test_what_two_readers_may_read_apart_is_refused(raw: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        strict_json.loads(raw)


@pytest.mark.parametrize(
    ("text", "value"), [("1.0", 1), ("-2e3", -2000), ("0.5", 0.5), ("1e300", 1e300), ("-0.0", 0)]
)
def test_a_whole_number_is_an_integer_however_it_is_written(text: str, value: float) -> None:
    found = strict_json.loads(text.encode())
    assert (found, type(found)) == (value, type(value))


def test_how_deep_it_may_be_can_be_said() -> None:
    assert strict_json.loads(b"[" * 200 + b"]" * 200, 200)
    with pytest.raises(MalformedError, match="more than 200"):
        strict_json.loads(b"[" * 201 + b"]" * 201, 200)
    with pytest.raises(MalformedError, match="more than 200"):
        strict_json.loads(b"[" * 100_000, 200)


# By the cases of JSONTestSuite (Nicolas Seriot, "Parsing JSON is a Minefield").
NO_JSON = [
    *(b"[1 true]", b"[a\xe5]", b'["": 1]', b'[""],', b"[,1]", b"[1,,2]", b'["x",,]', b'["x"]]'),
    *(b'["",]', b'["x"', b"[x", b"[3[4]]", b"[\xff]", b"[1:2]", b"[,]", b"[-]", b'[   , ""]'),
    *(b"[", b'["a",\n4\n,1,', b"[1,]", b"[1,\n1\n,1", b"[*]", b'[""', b"[1,", b"[{}", b"[fals]"),
    *(b"[nul]", b"[tru]", b"123\x00", b"[++1234]", b"[+1]", b"[+Inf]", b"[-01]", b"[-1.0.]"),
    *(b"[-2.]", b"[-NaN]", b"[.-1]", b"[.2e-3]", b"[0.1.2]", b"[0.3e+]", b"[0.3e]", b"[0.e1]"),
    *(b"[0E+]", b"[0E]", b"[0e+]", b"[0e]", b"[1.0e+]", b"[1.0e-]", b"[1.0e]", b"[1 000.0]"),
    *(b"[1eE2]", b"[2.e+3]", b"[2.e-3]", b"[2.e3]", b"[9.e+]", b"[Inf]", b"[NaN]"),
    *(b"[\xef\xbc\x91]", b"[1+2]", b"[0x1]", b"[0x42]", b"[Infinity]", b"[0e+-1]"),
    *(b"[-123.123foo]", b"[123\xe5]", b"[1e1\xe5]", b"[0\xe5]", b"[-Infinity]", b"[-foo]"),
    *(b"[- 1]", b"[-012]", b"[-.123]", b"[-1x]", b"[1ea]", b"[1e\xe5]", b"[1.]", b"[.123]"),
    *(b"[1.2a-3]", b"[1.8011670033376514H-308]", b"[012]", b'["x", truth]', b'{[: "x"}\n'),
    *(b'{"x", null}', b'{"x"::"b"}', b'{"a":"a" 123}', b"{key: 'value'}", b'{"\xb9":"0",}'),
    *(b'{"a" b}', b'{:"b"}', b'{"a" "b"}', b'{"a":', b'{"a"', b"{1:1}", b"{9999E9999:1}"),
    *(b"{null:null,null:null}", b'{"id":0,,,,,}', b"{'a':0}", b'{"id":0,}', b'{"a":"b"}/**/'),
    *(b'{"a":"b"}/**//', b'{"a":"b"}//', b'{"a":"b"}/', b'{"a":"b",,"c":"d"}', b'{a: "b"}'),
    *(b'{"a":"a', b'{ "foo" : "bar", "a" }', b'{"a":"b"}#', b" ", b'["\\uD800\\"]'),
    *(b'["\\uD800\\u"]', b'["\\uD800\\u1"]', b'["\\uD800\\u1x"]', b"[\xc3\xa9]", b'["\\\x00"]'),
    *(b'["\\\\\\"]', b'["\\\t"]', b'["\\x00"]', b'["\\\xf0\x9f\x8c\x80"]', b'["\\"]'),
    *(b'["\\u00A"]', b'["\\uD834\\uDd"]', b'["\\uD800\\uD800\\x"]', b'["\\u\xe5"]', b'["\\a"]'),
    *(b'["\\uqqqq"]', b'["\\\xe5"]', b'[\\u0020"asd"]', b"[\\n]", b'"', b"['single quote']"),
    *(b"abc", b'["\\', b'["a\x00a"]', b'["new\nline"]', b'["\t"]', b'"\\UA66D"', b'""x', b"<.>"),
    *(b"[<null>]", b"[1]x", b"[1]]", b'["asd]', b"aa\xcc\x8a", b"[True]", b"1]", b'{"x": true,'),
    *(b"[][]", b"]", b"\xef\xbb{}", b"\xe5", b"", b"[\x00]", b"2@", b"{}}", b'{"":'),
    *(b'{"a":/*comment*/"b"}', b'{"a": true} "x"', b"['", b"[,", b"[{", b'["a', b'["a"', b"{"),
    *(b"{]", b"{,", b"{[", b"{'a'", b'["\\{["\\{["\\{["\\{', b"\xe9", b"*", b'{"a":"b"}#{}'),
    *(b'[\\u000A""]', b"[1", b"[ false, nul", b"[ true, fals", b"[ false, tru", b'{"asd":"asd"'),
    *(b"\xc2\xa0", b"\xe2\x81\xa0", b"\xef\xbb\xbf", b"[\x0c]", b"[\xe2\x81\xa0]", b"[\x0b]"),
    b'{"x":1}\x00',
    *("[1]".encode(form) for form in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
    *(b'[{"":' * 50_000, b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000),
]
JSON = [
    *("[[]   ]", '[""]', "[]", '["a"]', "[false]", '[null, 1, "1", {}]', "[null]", "[1\n]"),
    *(" [1]", "[1,null,null,null,2]", "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0]"),
    "[20e1]",
    "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
    *("[1E22]", "[-123]", "[-1]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]"),
    *("[1e+2]", "[123]", '{"asd":"sdf", "dfg":"fgh"}', '{"asd":"sdf"}', "{}", '{"":0}'),
    *('{"foo\\u0000bar": 42}', "{\n}", '{"min": -1.0e+28, "max": 1.0e+28 }'),
    *('{"x":[{"id": "x"}], "id": "x"}', '{"a":[]}', '["\\u0060\\u012a\\u12AB"]'),
    *('["\\uD801\\udc37"]', '["\\ud83d\\ude39\\ud83d\\udc8d"]', '"x"'),
    *('["\\"\\\\\\/\\b\\f\\n\\r\\t"]', '["\\\\u0000"]', '["\\""]', '["a/*b*/c/*d//e"]'),
    *('["\\\\a"]', '["\\u0012"]', '["\\uFFFF"]', '["asd"]', '[ "asd"]', '["\U0010ffff"]'),
    *('["\uffff"]', '["\\u0000"]', '["\\u002c"]', '["\u03c0"]', '["\U0001bfff"]', '"\u2028"'),
    *('"\u2029"', '["new\\u000Aline"]', '"\x7f"', '["\\uA66D"]', '["\u2342\u3243\u2342"]'),
    *('["\\u200B"]', '["\\uDBFF\\uDFFE"]', "false", "42", "-0.1", "null", '"asd"', "true", '""'),
    *('["a"]\n', "[true]", " [] "),
]


@pytest.mark.parametrize("raw", NO_JSON, ids=range(len(NO_JSON)))
def test_what_is_no_json_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        strict_json.loads(raw)


@pytest.mark.parametrize("text", JSON, ids=range(len(JSON)))
def test_what_is_json_is_read(text: str) -> None:
    assert strict_json.loads(text.encode()) == json.loads(text)
