from pluginhub.lifecycle.job_progress import Board, Progress


async def test_news_wake_those_who_wait_for_them() -> None:
    board = Board()
    assert board.of("a") == Progress("waiting", 0, None)
    news = board.news()
    board.report("a", Progress("receiving", 5, 10))
    assert news.is_set()
    assert not board.news().is_set()
    assert (board.of("a").received, board.of("b").received) == (5, 0)
    news = board.news()
    board.forget("a")
    assert news.is_set()
    assert board.of("a") == Progress()


async def test_a_closed_board_wakes_everybody() -> None:
    board = Board()
    news = board.news()
    board.close()
    assert (board.closed, news.is_set()) == (True, True)
