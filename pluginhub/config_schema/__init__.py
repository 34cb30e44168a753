"""Configurations of plugins against the JSON Schema (2020-12) that a release brings."""

from pluginhub.config_schema.defaults import with_defaults
from pluginhub.config_schema.problems import MISSING, Problem, validate
from pluginhub.config_schema.rules import check

__all__ = ["MISSING", "Problem", "check", "validate", "with_defaults"]
