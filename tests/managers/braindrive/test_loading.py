import json
from typing import Any

import pytest

from tests.managers.braindrive.running import FailedError, Stage

TELL = """
import json

def tell(**said):
    raise LookupError(json.dumps(said, default=str))

"""
BASE = "from app.plugins.base_lifecycle_manager import BaseLifecycleManager\n"
HERE = """
import sys
from pathlib import Path


class Answering:
    def __init__(self, *given):
        self.given = given

    def install_plugin(self, user_id, db):
        tell(name=type(self).__name__, given=self.given)
"""


def answered(stage: Stage, source: str, **files: str) -> dict[str, Any]:
    whole = {**files, "lifecycle_manager": source}
    content = {f"{name}.py": (TELL + text).encode() for name, text in whole.items()}
    release = stage.release(content, "My-Things")
    with pytest.raises(FailedError) as caught:
        stage.call(release, "install")
    if caught.value.kind != "LookupError" or "{" not in str(caught.value):
        raise caught.value
    said: dict[str, Any] = json.loads(str(caught.value))
    return said


ONE = f"""
{BASE}{HERE}
class AnyLifecycleManager(Answering): ...
"""
NAMED_LIKE_BASES = f"""
{HERE}
class BaseLifecycleManager(Answering): ...
class LifecycleManager(Answering): ...
class ZLifecycleManager(Answering): ...
class AManager(Answering): ...
"""
DERIVED = f"""
{HERE}
class ALifecycleManager(Answering): ...
class ZLifecycleManager(ALifecycleManager): ...
"""
ABSTRACT = f"""
{BASE}{HERE}
class ALifecycleManager(BaseLifecycleManager): ...
class ZLifecycleManager(Answering): ...
"""
TWO = f"""
{HERE}
class BLifecycleManager(Answering): ...
class ALifecycleManager(Answering): ...
UsedLifecycleManager = BLifecycleManager
"""
OWN = f"""
{HERE}
from other import ALifecycleManager
class ZLifecycleManager(Answering): ...
noLifecycleManager = 5
"""
IMPORTED = "from other import ALifecycleManager\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ONE, "AnyLifecycleManager"),
        (NAMED_LIKE_BASES, "ZLifecycleManager"),
        (DERIVED, "ZLifecycleManager"),
        (ABSTRACT, "ZLifecycleManager"),
        (TWO, "ALifecycleManager"),
        (OWN, "ZLifecycleManager"),
        (IMPORTED, "ALifecycleManager"),
        (f"{IMPORTED}async def install_plugin(user_id, db): ...", "ALifecycleManager"),
    ],
    ids=[
        "the only one",
        "not the base",
        "the most derived",
        "not an abstract one",
        "the first by name",
        "own before imported",
        "imported",
        "imported before functions",
    ],
)
def test_the_class_is_picked(stage: Stage, source: str, expected: str) -> None:
    other = f"{HERE}class ALifecycleManager(Answering): ..."
    assert answered(stage, source, other=other)["name"] == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("plugins_base_dir=None", "str plugins"),
        ("plugins_base_dir", "str plugins"),
        ("slug=None, plugins_base_dir=None", "NoneType None, str plugins"),
        ("slug, version, path", "str My-Things, str 1.0.0, Path package"),
        ("slug, version, path, x=1", "str My-Things, str 1.0.0, Path package, int 1"),
        ("*many", "tuple ('My-Things', '1.0.0', 'package')"),
        ("", ""),
        ("timeout=5", "int 5"),
    ],
)
def test_the_class_gets_what_its_constructor_takes(
    stage: Stage, parameters: str, expected: str
) -> None:
    source = f"""
from pathlib import Path


def kind(value):
    return "Path" if isinstance(value, Path) else type(value).__name__


def shown(value):
    if isinstance(value, tuple):
        return tuple(Path(item).name if isinstance(item, Path) else item for item in value)
    return Path(value).name if isinstance(value, (str, Path)) else value


class ThingsLifecycleManager:
    def __init__(self, {parameters}):
        given = list(locals().items())[1:]
        self.given = ", ".join(f"{{kind(value)}} {{shown(value)}}" for _, value in given)

    def install_plugin(self, user_id, db):
        tell(given=self.given)
"""
    assert answered(stage, source)["given"] == expected


def test_functions_do_without_a_class(stage: Stage) -> None:
    source = """
def install_plugin(user_id, db, more=None, plugins_base_dir=None):
    tell(base=plugins_base_dir, more=more)
"""
    details = answered(stage, source)
    assert details["base"].endswith("/plugins")
    assert details["more"] is None


def test_functions_need_not_take_a_directory(stage: Stage) -> None:
    assert answered(stage, "def install_plugin(user_id, db): tell(it=1)") == {"it": 1}


def test_a_file_without_a_manager_says_so(stage: Stage) -> None:
    with pytest.raises(FailedError) as caught:
        answered(stage, f"{BASE}install_plugin = 5\nclass Manager: ...")
    assert caught.value.kind == "ImportError"
    assert str(caught.value) == (
        "lifecycle_manager.py has no class whose name ends with LifecycleManager, and no function"
        " install_plugin, delete_plugin, get_plugin_status, update_plugin"
    )


def test_what_a_plugin_raises_when_it_is_loaded_comes_through(stage: Stage) -> None:
    with pytest.raises(FailedError, match=r"^on purpose$") as caught:
        answered(stage, "raise LookupError('on purpose')")
    assert caught.value.kind == "LookupError"


def test_the_module_is_as_plugins_expect_it(stage: Stage) -> None:
    source = f"""{HERE}
import helper

class ThingsLifecycleManager:
    def install_plugin(self, user_id, db):
        missing = []
        for name in ("app.core.encryption", "app.plugins.repository", "app.main"):
            try:
                __import__(name)
            except ImportError:
                missing.append(name)
        own = sys.modules[__name__]
        tell(
            name=__name__,
            itself=own.ThingsLifecycleManager is type(self),
            file=Path(__file__).relative_to(Path.cwd()).as_posix(),
            helper=helper.WORD,
            missing=missing,
            bytecode=[str(path) for path in Path.cwd().rglob("*.pyc")],
        )
"""
    assert answered(stage, source, helper="WORD = 'beside'") == {
        "name": "My-Things_lifecycle_manager",
        "itself": True,
        "file": "package/lifecycle_manager.py",
        "helper": "beside",
        "missing": ["app.core.encryption", "app.plugins.repository", "app.main"],
        "bytecode": [],
    }


def test_a_module_of_the_plugin_named_app_does_not_hide_the_base_class(stage: Stage) -> None:
    source = f"{BASE}{HERE}class ALifecycleManager(Answering): ..."
    assert answered(stage, source, app="")["name"] == "ALifecycleManager"
