"""Geometry of small charts: bars over time, and shares of a whole.

Lengths are in units of a view box that is 100 high; pages stretch it to the room that there is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

HEIGHT = 100.0
WIDTH = 100.0
STEP = 10.0  # from one bar to the next

_GAP = 2.0  # between two bars
_LEAST = 3.0  # so that one among many is seen
_PARTS = 5  # that have a colour of their own


@dataclass(frozen=True, slots=True)
class Bar:
    """What happened in one span of time: what failed stands on what was done.

    Attributes:
        at: Where the span begins, seconds since 1970.
        x: Its left edge.
        done_y: Upper edge of what was done.
        failed_y: Upper edge of what failed.
    """

    at: int
    done: int
    failed: int
    x: float
    width: float
    done_y: float
    done_height: float
    failed_y: float
    failed_height: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What happened over time.

    Attributes:
        step: Seconds that one bar stands for.
        most: How many there are in the highest bar.
    """

    step: int
    bars: list[Bar]
    most: int
    done: int
    failed: int

    @property
    def width(self) -> float:
        """Of the view box."""
        return len(self.bars) * STEP

    @property
    def rate(self) -> float:
        """What failed, in hundredths of all."""
        return 100.0 * self.failed / max(1, self.done + self.failed)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole.

    Attributes:
        place: From 1, which tells parts apart; 0 is all that is left.
        x: Left edge in a view box of ``WIDTH``.
    """

    label: str
    number: int
    place: int
    x: float
    width: float


def over_time(counts: Mapping[int, tuple[int, int]], now: int, step: int, number: int) -> Chart:
    """Return the chart of the last spans of time, that which goes on included.

    Args:
        counts: How much was done and how much failed, by the beginning of the span.
        now: Seconds since 1970.
        step: Seconds of one span.
        number: Of spans.
    """
    last = now // step * step
    spans = [last - step * back for back in reversed(range(number))]
    found = [(at, *counts.get(at, (0, 0))) for at in spans]
    most = max(done + failed for _, done, failed in found)
    bars = [_bar(place, *span, most=most) for place, span in enumerate(found)]
    return Chart(step, bars, most, sum(it.done for it in bars), sum(it.failed for it in bars))


def _bar(place: int, at: int, done: int, failed: int, *, most: int) -> Bar:
    failed_height = _height(failed, most)
    done_height = min(_height(done, most), HEIGHT - failed_height)
    done_y = HEIGHT - done_height
    return Bar(
        at=at,
        done=done,
        failed=failed,
        x=place * STEP + _GAP / 2,
        width=STEP - _GAP,
        done_y=round(done_y, 2),
        done_height=round(done_height, 2),
        failed_y=round(done_y - failed_height, 2),
        failed_height=round(failed_height, 2),
    )


def _height(number: int, most: int) -> float:
    return max(_LEAST, HEIGHT * number / most) if number else 0.0


def shares(parts: Iterable[tuple[str, int]], others: str) -> list[Share]:
    """Return the largest parts of a whole, and the others together.

    Args:
        parts: Name and number of each, the largest first.
        others: What the others are called.
    """
    given = [part for part in parts if part[1]]
    whole = sum(number for _, number in given)
    shown, rest = given[:_PARTS], sum(number for _, number in given[_PARTS:])
    if rest:
        shown = [*shown, (others, rest)]
    found, x = [], 0.0
    for place, (label, number) in enumerate(shown, start=1):
        width = WIDTH * number / whole
        kept = place if place <= _PARTS else 0
        found.append(Share(label, number, kept, round(x, 2), round(width, 2)))
        x += width
    return found
