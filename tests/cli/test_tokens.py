import pytest

from tests.cli.conftest import Served, misused

pytestmark = pytest.mark.timeout(60)  # several processes start


def test_a_token_is_printed_once_listed_and_revoked(served: Served) -> None:
    user = served.user()
    command = ("token", "create", "build server", "--user", user)
    more = ("--scope", "install", "--scope", "publish", "--expires", "90d")
    secret = served.say("--quiet", *command, *more).strip()
    assert secret.startswith("phub_")
    [found] = served.json("token", "list", "--user", user)["tokens"]
    assert (found["name"], found["scopes"]) == ("build server", ["install", "publish"])
    table = served.say("token", "list", "--user", user)
    assert found["id"] in table
    assert "install publish" in table
    assert secret not in table
    assert served.say("token", "revoke", found["id"]) == f"revoked {found['id']}\n"
    assert served.json("token", "list", "--user", user) == {"tokens": []}
    assert "there is no such token" in served.refused("token", "revoke", found["id"])


def test_without_a_scope_it_reads_and_without_an_end_it_stays(served: Served) -> None:
    user = served.user()
    made = served.json("token", "create", "x", "--user", user)
    assert (made["scopes"], made["expires_at"], made["token"][:5]) == (["read"], None, "phub_")
    assert "never" in served.say("token", "list", "--user", user)


def test_wrong_usage_is_told(served: Served) -> None:
    for arguments, message in [
        (("x",), "Missing option '--user'"),
        (("x", "--user", "u", "--scope", "root"), "'root' is not one of"),
        (("x", "--user", "u", "--expires", "soon"), "no duration such as 90d"),
        (("x", "--user", "u", "--expires", "0d"), "no duration such as 90d"),
    ]:
        assert message in misused("token", "create", *arguments)
    assert "there is no user" in served.refused("token", "create", "x", "--user", "ghost")
