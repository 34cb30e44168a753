import json
from typing import Any

import pytest

from pluginhub.authoring import described
from tests import bundles


def findings(**more: Any) -> list[str]:
    raw = json.dumps(bundles.manifest(**more), indent=1).encode()
    return [str(each) for each in described.read(raw)[1]]


def test_a_good_manifest_has_no_findings_and_is_returned() -> None:
    raw = json.dumps(bundles.manifest()).encode()
    assert described.read(raw) == (bundles.manifest(), [])


def test_everything_is_told_at_once_with_its_place() -> None:
    raw = b"""{
  "slug": "Clock",
  "nmae": "The clock",
  "version": "one",
  "scope": "Clock",
  "modules": [
    {"name": "Face"},
    {"name": "no good", "prioritty": 3},
    {}
  ],
  "requires": {"hosts": "1"},
  "dependencies": {"Charts": ">>1", "bad slug": "1"},
  "config_schema": {
    "properties": {
      "zone": {"type": "strng"}
    }
  }
}"""
    _, found = described.read(raw)
    assert [(each.line, each.column, each.message.partition(": ")[0]) for each in found] == [
        (1, 1, "name"),
        (8, 14, "modules[1].name"),
        (8, 25, "modules[1].prioritty"),
        (9, 5, "modules[2].name"),
        (12, 37, "dependencies.bad slug"),
        (11, 16, "requires.hosts"),
        (3, 3, "nmae"),
        (4, 14, "version"),
        (12, 30, "dependencies.Charts"),
        (15, 24, "config_schema"),
    ]
    assert all(each.is_error for each in found)
    text = "\n".join(str(each) for each in found)
    for meant in ("name?", "priority?", "host?"):
        assert f"unknown key; did you mean {meant}" in text
    assert {each.code for each in found} == {"bundle-bad-manifest", "bundle-bad-version"}


@pytest.mark.parametrize(
    ("raw", "line"),
    [(b'{\n "slug": "a",,\n}', 2), (b"", 1), (b'{"a": "\xff"}', 1), (b'{"a": 1} x', 1)],
)
def test_what_is_no_json_is_told_with_its_line(raw: bytes, line: int) -> None:
    said, [found] = described.read(raw)
    assert said == {}
    assert found.line == line
    assert "at line" not in found.message


def test_json_that_is_no_object_is_one_finding() -> None:
    assert described.read(b"[]")[0] == {}
    assert len(described.read(b"[]")[1]) == 1


def test_camel_case_is_looked_at_as_well() -> None:
    [found] = findings(configSchema={"type": "array"})
    assert "its type must be 'object'" in found
    [found] = findings(modules=[{"name": "Face", "displayName": 3}])
    assert found.startswith("pluginhub.json:9:19: modules[0].displayName: ")


def test_a_version_of_development_releases_is_refused() -> None:
    [found] = findings(version="1.0.0+dev.1")
    assert "development releases" in found
