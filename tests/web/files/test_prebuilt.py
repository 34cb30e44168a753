import re
import time

from pluginhub.web.files.prebuilt import Clock
from tests.conftest import Hub
from tests.web.files.test_serve import site


def test_the_date_is_that_of_now() -> None:
    line = Clock().line().decode()
    assert re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n", line)
    moment = time.strptime(line.strip(), "Date: %a, %d %b %Y %H:%M:%S GMT")
    assert abs(time.time() - (time.mktime(moment) - time.timezone)) < 5


async def test_every_answer_has_an_id_of_its_own_or_the_clients(hub: Hub) -> None:
    ann = await site(hub)
    url = f"{ann.release}/dist/remoteEntry.js"
    found = [(await hub.client.get(url)).headers["X-Request-ID"] for _ in range(3)]
    assert len(set(found)) == 3
    answer = await hub.client.get(url, headers={"X-Request-ID": "mine"})
    assert answer.headers["X-Request-ID"] == "mine"
    answer = await hub.client.get(url, headers={"X-Request-ID": "no good id"})
    assert re.fullmatch(r"[0-9a-f]+", answer.headers["X-Request-ID"])
