from typing import Any

import pytest
from pydantic import BaseModel

from pluginhub.errors import HookAnswerError
from pluginhub.lifecycle.answers import (
    AuthoredAnswer,
    ExistingAnswer,
    ExportAnswer,
    StatusAnswer,
    read,
)
from pluginhub.manifest import Manifest
from pluginhub.models import Release
from tests import bundles

MANIFEST = Manifest.model_validate(bundles.manifest())
CLOCK = Release(1, "Clock", "1.0.0", "", 1, MANIFEST, "local-file", "local://Clock", 0, None)


def test_what_a_hook_answers_is_read() -> None:
    assert read(AuthoredAnswer, CLOCK, {"config": {"a": [1]}, "more": 1}).config == {"a": [1]}
    assert read(ExportAnswer, CLOCK, {"user_data": [1]}).user_data == [1]
    assert read(ExportAnswer, CLOCK, {}).user_data is None
    row = {"id": "1", "size": 5, "share": 1.5, "on": True, "nothing": None}
    assert read(ExistingAnswer, CLOCK, {"rows": {"pages": [row]}}).rows == {"pages": [row]}
    answer = read(StatusAnswer, CLOCK, {"status": {"status": "healthy", "details": {"a": 1}}})
    assert (answer.status.status, answer.status.message) == ("healthy", "")
    assert answer.status.details == {"a": 1}
    assert read(StatusAnswer, CLOCK, {"status": {"details": [1]}}).status.details == [1]
    assert read(StatusAnswer, CLOCK, {}).status.status == "unknown"


@pytest.mark.parametrize(
    ("model", "result", "path"),
    [
        (AuthoredAnswer, {}, "config"),
        (AuthoredAnswer, {"config": []}, "config"),
        (AuthoredAnswer, {"config": {"a": float("nan")}}, "config"),
        (ExistingAnswer, {}, "rows"),
        (ExistingAnswer, {"rows": []}, "rows"),
        (ExistingAnswer, {"rows": {"pages": {}}}, "rows.pages"),
        (ExistingAnswer, {"rows": {"pages": [1]}}, r"rows.pages\[0\]"),
        (ExistingAnswer, {"rows": {"pages": [{"id": []}]}}, r"rows.pages\[0\].id"),
        (ExistingAnswer, {"rows": {"pages": [{"id": 2**63}]}}, r"rows.pages\[0\].id"),
        (ExistingAnswer, {"rows": {"pages": [{"id": -(2**63) - 1}]}}, r"rows.pages\[0\].id"),
        (ExistingAnswer, {"rows": {"pages": [{"id": "\ud800"}]}}, r"rows.pages\[0\].id"),
        (ExistingAnswer, {"rows": {"pages": [{"x": float("inf")}]}}, r"rows.pages\[0\].x"),
        (ExistingAnswer, {"rows": {"secrets": []}}, "rows"),
        (ExistingAnswer, {"rows": {"pages": [{}] * 1001}}, "rows"),
        (StatusAnswer, {"status": "healthy"}, "status"),
        (StatusAnswer, {"status": {"status": "fine"}}, "status.status"),
        (StatusAnswer, {"status": {"message": "x" * 2001}}, "status.message"),
    ],
)
def test_an_answer_of_another_shape_names_the_release_and_the_path(
    model: type[BaseModel], result: dict[str, Any], path: str
) -> None:
    with pytest.raises(HookAnswerError, match=f"Clock 1.0.0 answered .*: {path}[.:]") as caught:
        read(model, CLOCK, result)
    assert caught.value.fields == {"slug": "Clock", "version": "1.0.0"}


def test_a_long_list_of_problems_is_cut() -> None:
    rows = {"rows": {"pages": [1] * 50}}
    with pytest.raises(HookAnswerError) as caught:
        read(ExistingAnswer, CLOCK, rows)
    assert caught.value.message.count("rows.pages") == 3
