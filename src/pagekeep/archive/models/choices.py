"""The words of the domain as Django's choices."""

from enum import StrEnum


def choices(states: type[StrEnum]) -> list[tuple[str, str]]:
    """Return (value, label) pairs of an enum."""
    return [(state.value, state.value) for state in states]


def values(states: type[StrEnum]) -> list[str]:
    """Return the values of an enum."""
    return [state.value for state in states]
