"""The example for nginx, with a real one; ``web/files/test_accel.py`` lets it send the files."""

import re
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from tests import nginx
from tests.deploy.behind import behind, everything_works
from tests.web.conftest import serving

EXAMPLE = (Path(__file__).parents[2] / "deploy/nginx.conf").read_text()


@pytest.mark.parametrize("base_path", ["/hub", ""])
async def test_everything_works_behind_nginx(tmp_path: Path, base_path: str) -> None:
    port = unused_port()
    async with serving(behind(tmp_path / "data", base_path)) as hub:
        text = EXAMPLE.replace("/hub", base_path).replace("listen 80;", f"listen {port};")
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{hub.client.port}")
        async with nginx.running(tmp_path, text):
            await everything_works(hub, f"http://127.0.0.1:{port}{base_path}")


def test_events_are_not_collected_before_they_go_on() -> None:
    [location] = re.findall(r"location = /hub/api/v1/events \{([^}]*)\}", EXAMPLE)
    assert "proxy_buffering off;" in location
    assert "proxy_pass http://pluginhub;" in location
