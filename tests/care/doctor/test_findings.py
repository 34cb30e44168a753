import re
from pathlib import Path

from pluginhub.care.doctor.findings import SEVERITIES, Finding, some

ROOT = Path(__file__).parents[3]


def test_every_code_is_explained_with_its_severity() -> None:
    text = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \| .+ \| .+ \|$", text, re.MULTILINE)
    assert dict(rows) == dict(SEVERITIES)
    assert len(rows) == len(SEVERITIES)


def test_every_code_can_be_found_by_something() -> None:
    sources = [*(ROOT / "pluginhub/care/doctor").glob("*.py"), ROOT / "pluginhub/cli/doctor.py"]
    text = "".join(it.read_text() for it in sources if it.name != "findings.py")
    assert set(re.findall(r'Finding\(\s*"([a-z-]+)"', text)) == set(SEVERITIES)


def test_a_finding_is_as_bad_as_its_code() -> None:
    assert Finding("safe-mode", "", "").severity == "error"


def test_many_names_become_a_few() -> None:
    assert some("abc") == "a, b, c"
    assert some("abcdefgh") == "a, b, c, d, e and 3 more"
