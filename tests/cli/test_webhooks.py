import re

import pytest

from tests.cli.conftest import Served, misused

pytestmark = pytest.mark.timeout(60)  # several processes start

URL = "https://127.0.0.1/hook"  # where the server is not sent


def test_a_webhook_is_added_listed_tried_and_removed(served: Served) -> None:
    said = served.say("webhook", "add", URL, "--event", "yanked", "--event", "published")
    made = re.fullmatch(r"([0-9a-f]{32}) (\S{43})\n", said)
    assert made
    webhook, secret = made.groups()
    table = served.say("webhook", "list")
    assert all(part in table for part in (webhook, URL, "yanked published"))
    assert secret not in table
    assert "leads to an address or a port" in served.say("webhook", "test", webhook, code=1)
    assert "given-up" in served.say("webhook", "deliveries", webhook)
    assert served.say("webhook", "remove", webhook) == f"removed {webhook}\n"
    assert served.json("webhook", "list") == {"webhooks": []}


def test_what_is_wrong_is_told(served: Served) -> None:
    assert "'dance' is not one of" in misused("webhook", "add", URL, "--event", "dance")
    assert "the address must begin with https" in served.refused("webhook", "add", "http://x.y/")
