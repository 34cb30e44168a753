"""At which step an installation failed; with a real upload in test_install.py."""

from typing import Any

import pytest

from pluginhub import errors
from pluginhub.errors import BadBundleError, HubError
from pluginhub.models import User
from pluginhub.web.compat import failures
from pluginhub.web.problems import CompatError

ANN = User("7f3c0d9e5b1a4c2e8d6f9a0b1c2d3e4f", "ann", None, "user", True, 0, 0)
PLUGIN = {"plugin_slug": "Clock", "user_id": ANN.id}

# The rows of the table of http-api section 3.4 that come of an upload.
INSTALL = ("lifecycle_manager_install", "Plugin installation failed: why", PLUGIN)
EXECUTION = ("lifecycle_manager_execution", "Installation process failed: why", PLUGIN)
ROWS: list[tuple[HubError, tuple[str, str, dict[str, Any]]]] = [
    (
        BadBundleError("truncated", "why"),
        ("file_extraction", "Extraction failed: why", {"filename": "clock.zip"}),
    ),
    *(
        (
            BadBundleError(reason, "why"),
            ("plugin_validation", "Plugin validation failed: why", {"validation_error": "why"}),
        )
        for reason in ("no-manifest", "bad-manifest", "bad-version")
    ),
    (errors.AlreadyInstalledError("why", slug="Clock"), INSTALL),
    (errors.ReleaseExistsError("why", slug="Clock"), INSTALL),
    (errors.UnsatisfiableError("why", slug="Clock"), INSTALL),
    (errors.ForbiddenError("why", slug="Clock"), INSTALL),
    (errors.NotFoundError("why", slug="Clock"), INSTALL),
    (errors.MissingExtraError("why", slug="Clock"), INSTALL),
    (errors.HookError("why", slug="Clock"), INSTALL),
    *(
        (kind("why", slug="Clock"), EXECUTION)
        for kind in (
            errors.HookRaisedError,
            errors.HookTimeoutError,
            errors.HookKilledError,
            errors.HookAnswerError,
            errors.HooksSuspendedError,
        )
    ),
    (
        errors.NoSpaceError("why"),
        ("setup_and_copy", "Plugin installation setup failed: why", {}),
    ),
]


@pytest.mark.parametrize(
    ("error", "expected"), ROWS, ids=[f"{type(error).__name__} {error.code}" for error, _ in ROWS]
)
def test_an_error_is_told_in_the_words_of_the_contract(
    error: HubError, expected: tuple[str, str, dict[str, Any]]
) -> None:
    step, message, more = expected
    if step in {"lifecycle_manager_execution", "setup_and_copy"}:
        more = {**more, "exception_type": type(error).__name__}
    told = {"filename": "clock.zip", "user_id": ANN.id}
    with pytest.raises(CompatError) as caught, failures.of_step("file_extraction", told):
        raise error
    answer = caught.value
    assert answer.status == (507 if step == "setup_and_copy" else 400)
    assert isinstance(answer.detail, dict)
    suggestions = answer.detail.pop("suggestions")
    assert suggestions
    details = {"step": step, "code": error.code, **more}
    assert answer.detail == {"message": message, "details": details}
