import mimetypes

import pytest

from pluginhub.storage import media_types


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("dist/remoteEntry.js", "text/javascript; charset=utf-8"),
        ("x.mjs", "text/javascript; charset=utf-8"),
        ("x.css", "text/css; charset=utf-8"),
        ("x.JS", "text/javascript; charset=utf-8"),
        ("remoteEntry.js.map", "application/json"),
        ("plugin.json", "application/json"),
        ("a.tar.PNG", "image/png"),
        ("x.svg", "image/svg+xml"),
        ("x.wasm", "application/wasm"),
        ("x.woff2", "font/woff2"),
        ("page.html", "text/html; charset=utf-8"),
    ],
)
def test_what_browsers_load_has_a_type(path: str, expected: str) -> None:
    assert media_types.of(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        *("lifecycle_manager.py", "src/App.tsx", "src/index.ts", "x.jsx", "x.pyc", "x.sh", "x.php"),
        *("x.exe", "x.zip", "x.tar.gz", "LICENSE", "Makefile", "x.js/y", "x.js.bak", ".js", "x."),
        *("package-lock.json", "a/Package-Lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock"),
    ],
)
def test_everything_else_is_not_served(path: str) -> None:
    assert media_types.of(path) is None


def test_the_table_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_: ("text/html", None))
    mimetypes.add_type("text/html", ".odd")
    assert media_types.of("x.odd") is None
    assert media_types.of("x.txt") == "text/plain; charset=utf-8"


@pytest.mark.parametrize("suffix", ["html", "htm", "svg", "xml", "xhtml", "pdf"])
def test_what_a_browser_would_run_or_render_is_active(suffix: str) -> None:
    assert media_types.of(f"x.{suffix}") in media_types.ACTIVE


@pytest.mark.parametrize("suffix", ["js", "css", "png", "json", "txt", "md", "wasm"])
def test_what_a_page_only_uses_is_not_active(suffix: str) -> None:
    assert media_types.of(f"x.{suffix}") not in media_types.ACTIVE
