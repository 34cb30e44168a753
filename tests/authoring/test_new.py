import json
from pathlib import Path

import pytest

from pluginhub.authoring import new
from pluginhub.authoring.check import check
from pluginhub.authoring.new import Template
from pluginhub.errors import ConflictError, InvalidError


@pytest.mark.parametrize(
    ("slug", "name", "scope"),
    [
        ("weather-panel", "Weather Panel", "WeatherPanelPlugin"),
        ("Weather_Panel", "Weather Panel", "WeatherPanelPlugin"),
        ("WeatherPanel", "Weather Panel", "WeatherPanelPlugin"),
        ("BPMViewer2", "BPM Viewer 2", "BPMViewer2Plugin"),
        ("3d", "3 D", "_3DPlugin"),
        ("map", "Map", "MapPlugin"),
        ("NAME", "NAME", "NAMEPlugin"),
    ],
)
def test_names_follow_from_the_slug(tmp_path: Path, slug: str, name: str, scope: str) -> None:
    new.create(tmp_path / slug, slug, "plain")
    manifest = json.loads((tmp_path / slug / "pluginhub.json").read_bytes())
    assert (manifest["slug"], manifest["name"], manifest["scope"]) == (slug, name, scope)
    assert f"var {scope} =" in (tmp_path / slug / "dist/remoteEntry.js").read_text()
    assert [each for each in check(tmp_path / slug) if each.severity != "note"] == []


def test_the_one_with_a_build_lacks_nothing_but_the_build(tmp_path: Path) -> None:
    new.create(tmp_path, "Clock", "webpack")
    [error] = [each for each in check(tmp_path / "bundle") if each.severity != "note"]
    assert error.code == "entry-missing"


def test_the_lock_file_fits_the_package(tmp_path: Path) -> None:
    new.create(tmp_path, "Clock", "webpack")
    package = json.loads((tmp_path / "package.json").read_bytes())
    lock = json.loads((tmp_path / "package-lock.json").read_bytes())
    assert lock["name"] == package["name"] == "clock"
    for key in ("dependencies", "devDependencies", "engines"):
        assert lock["packages"][""][key] == package[key]


@pytest.mark.parametrize("template", ["plain", "webpack"])
def test_each_says_what_to_do_next_and_what_git_leaves_out(
    tmp_path: Path, template: Template
) -> None:
    written = new.create(tmp_path, "Clock", template)
    assert sorted(written) == sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert "pluginhub dev" in (tmp_path / "README.md").read_text()
    assert (tmp_path / ".gitignore").is_file()


@pytest.mark.parametrize("slug", ["", "-a", "a b", "../a", "install", "con", "a" * 65])
def test_what_is_no_slug_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(InvalidError):
        new.create(tmp_path / "place", slug, "plain")
    assert not (tmp_path / "place").exists()


def test_a_place_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for place in (tmp_path, tmp_path / "mine"):
        with pytest.raises(ConflictError, match="not empty"):
            new.create(place, "Clock", "plain")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
