"""Errors whose text is meant for the person at the keyboard: what happened, to what, what to do."""

from __future__ import annotations


class PlatformError(Exception):
    """Base of every error that is explained rather than traced."""

    exit_code = 1
    """What a command ends with: 1 for what failed, 2 for what was set or typed wrongly."""


class SettingsError(PlatformError):
    """A setting is missing or not allowed."""

    exit_code = 2


class CatalogError(PlatformError):
    """A catalogue source cannot be read, or does not hold what it promises."""


class LakeError(PlatformError):
    """The lake cannot be read or written."""


class StoreError(PlatformError):
    """The serving store cannot be reached or is not what it should be."""


class EvaluationError(PlatformError):
    """The pairs that similarity is measured against cannot be read."""

    exit_code = 2
