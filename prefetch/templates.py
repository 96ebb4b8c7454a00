"""Prefetch templates: what a query needs to know before it can be sent.

Standard: CDS Hooks 3.0.0-ballot, "Prefetch Template" and "Prefetch tokens". Understood here:
fields of the context, the four user tokens, and `today()` plus or minus days.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Final
from urllib.parse import quote

from hooks.errors import ConfigurationError
from hooks.request import Context

_TOKEN: Final = re.compile(r"\{\{(.*?)\}\}")
_TODAY: Final = re.compile(r"today\(\)(?:\s*([+-])\s*(\d{1,5})\s*days?)?")
_USER_TYPES: Final = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}
_FIELDS: Final[dict[str, Callable[[Context], str | None]]] = {
    "context.patientId": lambda context: context.patient_id,
    "context.userId": lambda context: context.user_id,
    "context.encounterId": lambda context: context.encounter_id,
}


@cache
def tokens(template: str) -> tuple[str, ...]:
    """The tokens of a template, in order.

    Raises:
        ConfigurationError: a token is not one we understand, or a brace is left open.
    """
    found = tuple(token.strip() for token in _TOKEN.findall(template))
    for token in found:
        if not (token in _FIELDS or token in _USER_TYPES or _TODAY.fullmatch(token)):
            known = ", ".join([*_FIELDS, *_USER_TYPES, "today() - n days"])
            raise ConfigurationError(f"{template}: unknown token {token!r}; known are {known}")
    if "{{" in _TOKEN.sub("", template):
        raise ConfigurationError(f"{template}: a token opens with {{{{ and never closes")
    return found


def fill(template: str, context: Context, today: date) -> str | None:
    """The relative FHIR request a template stands for, each value percent-encoded.

    Returns:
        None when a token has no value here (such as the encounter, outside one).
    """
    values = [_value(token, context, today) for token in tokens(template)]
    if not all(values):
        return None
    remaining = iter(values)
    return _TOKEN.sub(lambda _: next(remaining) or "", template)


def _value(token: str, context: Context, today: date) -> str | None:
    if field := _FIELDS.get(token):
        # a reference such as Practitioner/1 keeps its slash when it stands for a whole read
        keep = "/" if field is _FIELDS["context.userId"] else ""
        return quote(field(context) or "", safe=keep)
    if kind := _USER_TYPES.get(token):
        prefix, _, user = context.user_id.rpartition("/")
        return quote(user, safe="") if prefix == kind else None
    return _day(token, today).isoformat()


def _day(token: str, today: date) -> date:
    match = _TODAY.fullmatch(token)
    if match is None or match.group(1) is None:
        return today
    days = timedelta(days=int(match.group(2)))
    try:
        return today + days if match.group(1) == "+" else today - days
    except OverflowError:
        return date.max if match.group(1) == "+" else date.min
