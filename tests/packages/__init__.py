"""Packages of BrainDrive plugins, one for each way in which existing ones are written.

Each function takes a slug and a version, and returns the files of a package by path.
"""

from collections.abc import Callable

from tests.packages.base_class import base_class, functions
from tests.packages.files import Files
from tests.packages.services import documents, evaluator, rag
from tests.packages.settings import ollama, settings
from tests.packages.template import (
    disagreeing,
    non_literal,
    odd_names,
    raising,
    refusing,
    synchronous,
    template,
    unbuilt,
    values,
    writing,
)

Family = Callable[[str, str], Files]

# These install, answer and uninstall.
FAMILIES: dict[str, Family] = {
    family.__name__: family
    for family in (
        template,
        settings,
        ollama,
        base_class,
        functions,
        rag,
        evaluator,
        documents,
        values,
        non_literal,
        synchronous,
        disagreeing,
        writing,
        unbuilt,
        odd_names,
    )
}

# The installation of these fails after they have committed their rows.
FAILING: dict[str, Family] = {"refusing": refusing, "raising": raising}
