import pytest

from pluginhub.errors import (
    HookAnswerError,
    HookError,
    HookKilledError,
    HookRaisedError,
    HookTimeoutError,
    HubError,
    MissingExtraError,
)
from pluginhub.managers import answers
from pluginhub.managers.answers import Answer, Kind


def test_a_result_is_handed_out() -> None:
    assert answers.read(0, b'{"result": {"x": 1}}') == Answer("result", {"x": 1})


@pytest.mark.parametrize("kind", ["refused", "raised", "garbage", "missing-extra"])
def test_an_error_tells_its_kind(kind: Kind) -> None:
    data = f'{{"error": {{"kind": "{kind}", "message": "no"}}}}'.encode()
    assert answers.read(0, data) == Answer(kind, {}, "no")


@pytest.mark.parametrize(
    ("exit_code", "data", "kind", "message"),
    [
        (-9, b"", "killed", "its process ended by SIGKILL"),
        (-11, b'{"result": {}}', "killed", "its process ended by SIGSEGV"),
        (-63, b"", "killed", "its process ended by signal 63"),
        (3, b'{"result": {}}', "exited", "its process exited with 3 before it answered"),
        (0, b"", "exited", "its process exited with 0 before it answered"),
    ],
)
def test_a_process_that_did_not_end_well_has_no_answer(
    exit_code: int, data: bytes, kind: Kind, message: str
) -> None:
    assert answers.read(exit_code, data) == Answer(kind, {}, message)


@pytest.mark.parametrize(
    "data",
    [
        b"x",
        b"\xff",
        b"{}",
        b"1",
        b'{"result": 1}',
        b'{"result": {"x": NaN}}',
        b'{"result": {"x": -Infinity}}',
        b'{"error": {"kind": "killed", "message": ""}}',
        b'{"error": {"kind": "timeout", "message": ""}}',
        b'{"error": {"kind": "raised", "message": 1}}',
        b'{"error": {"kind": [], "message": ""}}',
        b'{"error": 1}',
        b"[" * 200_000,
        b'{"result": {"x": 1' + b"0" * 5000 + b"}}",
        b'{"result": {"x": "' + b"x" * 4 * 1024 * 1024 + b'"}}',
    ],
    ids=lambda data: data[:30].decode(errors="replace"),
)
def test_anything_else_is_garbage(data: bytes) -> None:
    answer = answers.read(0, data)
    assert (answer.kind, answer.result) == ("garbage", {})
    assert answer.message


def test_the_largest_answer_is_read() -> None:
    head, tail = b'{"result": {"x": "', b'"}}'
    data = head + b"x" * (4 * 1024 * 1024 - len(head + tail)) + tail
    assert answers.read(0, data).kind == "result"


def test_messages_are_one_line_of_500_characters() -> None:
    assert answers.printable("a\nb\x1b[31m\r\u202e\ud800ä€") == (r"a\nb\x1b[31m\r\u202e\ud800ä€")
    assert answers.printable("\n" * 500) == r"\n" * 250
    data = b'{"error": {"kind": "raised", "message": "' + b"x" * 1000 + b'"}}'
    assert answers.read(0, data).message == "x" * 500


@pytest.mark.parametrize(
    ("kind", "expected", "told"),
    [
        ("refused", HookError, "the status hook of Clock 1.0.0 refused: why"),
        ("raised", HookRaisedError, "the status hook of Clock 1.0.0 failed: why"),
        ("garbage", HookAnswerError, "gave an answer that cannot be used: why"),
        ("timeout", HookTimeoutError, "was ended: why"),
        ("killed", HookKilledError, "did not answer: why"),
        ("exited", HookKilledError, "did not answer: why"),
        ("missing-extra", MissingExtraError, r"pip install 'pluginhub\[braindrive\]'"),
    ],
)
def test_each_kind_has_its_error(kind: Kind, expected: type[HubError], told: str) -> None:
    with pytest.raises(expected, match=told) as caught:
        raise answers.error(Answer(kind, {}, "why"), hook="status", slug="Clock", version="1.0.0")
    assert type(caught.value) is expected
    assert caught.value.fields == {"hook": "status", "slug": "Clock", "version": "1.0.0"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Answer("raised", {}, "KeyError: 'sk-private'"), "raised an error"),
        (Answer("garbage", {}, "TypeError: sk-private is not JSON"), "answered garbage"),
        (Answer("timeout", {}, "it took longer than 10 s"), "took longer than 10 s"),
        (answers.read(-9, b"sk-private"), "its process ended by SIGKILL"),
        (answers.read(115, b"sk-private"), "its process exited before it answered"),
    ],
)
def test_the_reason_for_others_has_nothing_of_the_plugin(answer: Answer, told: str) -> None:
    assert answers.reason(answer) == told
