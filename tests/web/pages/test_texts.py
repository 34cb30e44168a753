import re
from pathlib import Path

import pytest

from pluginhub.web.pages import texts
from pluginhub.web.pages.texts import Texts

_FOLDER = Path(texts.__file__).parent
_SOURCES = [*_FOLDER.rglob("*.html"), *_FOLDER.rglob("*.py")]
_LETTERS = re.compile(r"[A-Za-z]{2,}")
_OURS = {"pluginhub"}  # names are the same in every language


def test_every_key_of_a_template_is_a_text() -> None:
    known = Texts.load()
    for path in _FOLDER.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        for key in re.findall(r"""\bt\(["']([\w.-]+)["'][,)]""", source):
            assert key in known, f"{path.name}: {key}"
        for key in re.findall(r"""\bcount\(["']([\w.-]+)["']""", source):
            assert f"{key}-one" in known, f"{path.name}: {key}"
            assert f"{key}-other" in known, f"{path.name}: {key}"


def test_every_text_is_used() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in _SOURCES)
    # A key may be put together: t("layout." + key), and done.<what> is named without its table.
    tables = set(re.findall(r"""["']([\w-]+\.(?:[\w-]+-)?)["']\s*[+~]""", sources)) | {"done."}
    for key in Texts.load():
        whole = key.removesuffix("-one").removesuffix("-other")
        assert whole in sources or any(key.startswith(table) for table in tables), key


@pytest.mark.parametrize("path", sorted(_FOLDER.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL)
    visible = re.sub(r"<[^>]*>", " ", source)
    assert set(_LETTERS.findall(visible)) <= _OURS
    spoken = re.findall(r"""\b(?:aria-label|title|placeholder|alt)="([^"]*)\"""", source)
    assert [text for text in spoken if _LETTERS.search(text)] == []


def test_what_stands_in_a_text_is_escaped() -> None:
    found = Texts({"a": {"b": "Hello {name} & all"}})("a.b", name="<b>")
    assert found == "Hello &lt;b&gt; & all"


def test_a_number_chooses_its_form() -> None:
    known = Texts({"a": {"b-one": "{number} thing", "b-other": "{number} things"}})
    assert [known.count("a.b", number) for number in (0, 1, 2)] == [
        "0 things",
        "1 thing",
        "2 things",
    ]
