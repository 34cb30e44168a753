import json

from tests import bundles
from tests.cli.conftest import Served


def test_a_user_goes_out_and_comes_in(served: Served) -> None:
    served.publish(bundles.bundle("Exported"))
    name = served.user(Exported="1.0.0")
    file = served.folder / f"{name}.json"
    assert served.say("user", "export", name, str(file)) == f"wrote {file}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(served.say("user", "export", name))["user"]["name"] == name
    again = served.run("user", "export", name, str(file))
    assert (again.returncode, "File exists" in again.stderr) == (2, True)
    served.run("user", "remove", name, "--yes")
    assert served.say("user", "import", str(file)) == f"added {name}; plugins: 1, states: 0\n"
    assert served.installed(name)["Exported"]["version"] == "1.0.0"


def test_what_is_missing_is_in_the_exit_code(served: Served) -> None:
    name = served.user()
    document = json.loads(served.say("user", "export", name))
    served.run("user", "remove", name, "--yes")
    plugin = {
        "slug": "Gone",
        "version": "1.0.0",
        "digest": "a" * 64,
        "enabled": True,
        "config": {},
        "attributes": {},
        "pin": None,
        "channel": "stable",
        "as_dependency": False,
        "previous": None,
        "previous_config": None,
        "installed_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "modules": {},
        "rows": {},
    }
    file = served.folder / "missing.json"
    file.write_text(json.dumps({**document, "plugins": [plugin]}))
    said = served.say("user", "import", str(file), code=3)
    assert said.splitlines()[0] == "missing: Gone 1.0.0: it is not published here"
