"""``pluginhub doctor``."""

import sys

import click

from pluginhub.care.doctor.findings import Finding
from pluginhub.cli.client import address, call
from pluginhub.cli.context import PARTLY, Context, pass_context
from pluginhub.errors import DataDirectoryError


@click.command()
@pass_context
def doctor(context: Context) -> None:
    """Say what is wrong with the server, or will be, and what mends it.

    Where no server runs, the data directory is examined. Exit code 1 with errors, 3 with
    warnings, 0 with notes only.
    """
    findings = _examine(context)
    context.show(
        {"findings": findings}, *(map(_told, findings) if findings else ["nothing is wrong"])
    )
    severities = {finding["severity"] for finding in findings}
    if severities & {"error", "warning"}:
        sys.exit(1 if "error" in severities else PARTLY)


def _examine(context: Context) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = call(context, "GET", address("plugins", "system", "doctor"))[
            "findings"
        ]
    except DataDirectoryError as error:
        obstacle = Finding("cannot-start", error.message, "what the cause says")
        return [_shown(obstacle)]
    return found


def _shown(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "cause": finding.cause,
        "mend": finding.mend,
    }


def _told(finding: dict[str, str]) -> str:
    return "{severity}: {code}: {cause}; mend it with: {mend}".format(**finding)


COMMANDS = (doctor,)
