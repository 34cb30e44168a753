"""Who is in the demo, and what they have installed."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user of the demo.

    Attributes:
        plugins: Version by slug.
    """

    name: str
    role: str
    plugins: Mapping[str, str]


USERS = (
    DemoUser("ann", "admin", {"Dashboard": "2.0.0", "Weather_Panel": "1.0.0"}),
    DemoUser("ben", "user", {"Dashboard": "1.0.0", "Weather_Panel": "1.0.0"}),
    DemoUser("cleo", "user", {"Weather_Panel": "1.0.0"}),
)
