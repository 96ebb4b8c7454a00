"""The rules that a service started here would have: the house's, and sites' own."""

import os

from rules._rule import Rule
from service.rulebook import RuleBook
from service.settings import Settings


def rules_here() -> tuple[Rule, ...]:
    """Every rule, those of CARDWISE_RULES and of installed packages included.

    Raises:
        RuleError: a rule cannot be loaded.
        ConfigurationError: a setting cannot be used.
    """
    return RuleBook(Settings.from_environment(os.environ).rules).rules
