"""The rules of this machine: the house's, those of CARDWISE_RULES, and those that are installed."""

from rules._load import load
from rules._rule import Rule


def rules_here() -> tuple[Rule, ...]:
    """Every rule that a service started here would have."""
    return load()
