from pluginhub.web.api.doctor import case_of
from tests.care.doctor.cases import with_settings
from tests.conftest import Hub


async def test_only_other_addresses_than_those_of_this_machine_are_for_others(hub: Hub) -> None:
    assert not case_of(hub.app).is_for_others
    for host, expected in [("::", True), ("127.0.0.9", False), ("hub", True)]:
        assert with_settings(hub, "server", host=host).is_for_others is expected
