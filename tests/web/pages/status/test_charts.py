from pluginhub.web.pages.status import charts

HOUR = 3600


def test_bars_stand_for_spans_up_to_now() -> None:
    now = 10 * HOUR + 59
    counts = {8 * HOUR: (4, 1), 10 * HOUR: (0, 2), 3 * HOUR: (9, 9)}
    chart = charts.over_time(counts, now, HOUR, 3)
    assert [(bar.at // HOUR, bar.done, bar.failed) for bar in chart.bars] == [
        (8, 4, 1),
        (9, 0, 0),
        (10, 0, 2),
    ]
    assert (chart.most, chart.done, chart.failed, round(chart.rate)) == (5, 4, 3, 43)
    first, empty, last = chart.bars
    assert (first.done_height, first.failed_height, first.failed_y) == (80.0, 20.0, 0.0)
    assert (empty.done_height, empty.failed_height) == (0.0, 0.0)
    assert (last.failed_height, last.failed_y) == (40.0, 60.0)
    assert last.x + last.width <= chart.width


def test_one_failure_among_many_is_seen_and_nothing_leaves_the_chart() -> None:
    [bar] = charts.over_time({0: (100_000, 1)}, 0, HOUR, 1).bars
    assert bar.failed_height >= 3
    assert bar.failed_y >= 0


def test_a_chart_of_nothing_is_flat() -> None:
    chart = charts.over_time({}, 0, HOUR, 2)
    assert (chart.most, chart.rate) == (0, 0.0)
    assert {bar.done_height for bar in chart.bars} == {0.0}


def test_shares_fill_the_whole_and_the_rest_is_one() -> None:
    parts = [(f"{number}.0.0", 10) for number in range(7)] + [("8.0.0", 0)]
    found = charts.shares(parts, "others")
    assert [(share.label, share.number) for share in found][-2:] == [("4.0.0", 10), ("others", 20)]
    assert [share.place for share in found] == [1, 2, 3, 4, 5, 0]
    assert round(sum(share.width for share in found), 1) == 100
    assert charts.shares([], "others") == []
