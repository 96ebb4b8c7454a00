"""The queries rules may ask for."""

from prefetch import needs
from prefetch.needs import Need
from prefetch.templates import tokens

NEEDS = [value for value in vars(needs).values() if isinstance(value, Need)]


def test_each_key_is_used_once() -> None:
    """Keys tell needs apart, so two needs never share one, and each is named by its key."""
    assert len(NEEDS) >= 3
    assert len({need.key for need in NEEDS}) == len(NEEDS)
    assert all(getattr(needs, need.key) is need for need in NEEDS)


def test_templates_ask_for_the_context_patient_with_plain_tokens() -> None:
    """Every client can fill each template, and each asks for its own type, of this patient only."""
    for need in NEEDS:
        assert tokens(need.template) == ("context.patientId",)
        assert need.template.startswith((f"{need.resource}?", f"{need.resource}/"))
