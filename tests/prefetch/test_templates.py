"""Templates: which tokens are understood, and the request each template stands for."""

import re
from datetime import date, timedelta
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hooks.errors import ConfigurationError
from hooks.order_sign import OrderSign
from hooks.request import Context
from prefetch import templates
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.states import Reason
from prefetch.templates import Filled, Sources, tokens
from tests.strategies import fhir_ids, odd_text, quick

DAY = date(2024, 9, 13)
FIELDS = ("context.patientId", "context.userId", "context.encounterId")
USERS = {
    "userPractitionerId": "Practitioner",
    "userPractitionerRoleId": "PractitionerRole",
    "userPatientId": "Patient",
    "userRelatedPersonId": "RelatedPerson",
}
UNRESERVED = re.compile(r"[A-Za-z0-9\-._~%]*")


def fill(template: str, given: Context, today: date) -> str | None:
    """The request a template stands for; None when there is none to send."""
    return templates.fill(template, Sources(given, today)).query or None


def context(patient: str = "p1", user: str = "Practitioner/u1", encounter: str = "") -> Context:
    """A context with these ids."""
    return Context(patient_id=patient, user_id=user, encounter_id=encounter)


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("Patient", ()),
        ("Patient/{{context.patientId}}", ("context.patientId",)),
        ("Patient/{{ context.patientId }}", ("context.patientId",)),
        ("X?a={{context.patientId}}&b={{today()}}", ("context.patientId", "today()")),
        ("X?d=gt{{today() - 90 days}}", ("today() - 90 days",)),
        ("X?d=gt{{today()+1day}}", ("today()+1day",)),
        *((f"X/{{{{{name}}}}}", (name,)) for name in (*FIELDS, *USERS)),
    ],
)
def test_tokens_that_are_understood(template: str, found: tuple[str, ...]) -> None:
    """The context's fields, the four user tokens and days around today are found in order."""
    assert tokens(template) == found


@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{patientId}}",
        "Patient/{{context.patient}}",
        "Patient/{{}}",
        "Patient/{{{context.patientId}}}",
        "Patient/{{context.patientId",
        "Patient/{{context.\npatientId}}",
        "Patient/{{context.patientId}}/{{",
        "X?d={{today() - 3 weeks}}",
        "X?d={{today() * 3 days}}",
        "X?d={{now()}}",
        "X?_id={{context.draftOrders.entry.where(true).id}}",
        "X?_id={{%earlier[0].id}}",
    ],
)
def test_other_tokens_are_refused(template: str) -> None:
    """A token nobody could fill is found when a rule is loaded, and the message shows it."""
    with pytest.raises(ConfigurationError) as caught:
        tokens(template)
    assert template in str(caught.value)


@given(odd_text().filter(lambda text: "}" not in text and text.strip()[:1] not in ("%", "c", "u")))
@quick
def test_any_unknown_token_is_refused(token: str) -> None:
    """Whatever else stands between the braces is refused, never sent."""
    with pytest.raises(ConfigurationError):
        fill(f"Patient/{{{{{token}}}}}", context(), DAY)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("Patient/{{context.patientId}}", "Patient/p1"),
        ("X?patient={{context.patientId}}&status=active", "X?patient=p1&status=active"),
        ("{{context.userId}}", "Practitioner/u1"),
        ("Practitioner/{{userPractitionerId}}", "Practitioner/u1"),
        ("PractitionerRole/{{userPractitionerRoleId}}", None),
        ("Encounter/{{context.encounterId}}", None),
        ("X?p={{context.patientId}}&e={{context.encounterId}}", None),
        ("X?d=gt{{today()}}", "X?d=gt2024-09-13"),
        ("X?d=gt{{today() - 90 days}}", "X?d=gt2024-06-15"),
        ("X?d=gt{{today()}}&d=lt{{today() + 365 days}}", "X?d=gt2024-09-13&d=lt2025-09-13"),
        ("Patient", "Patient"),
    ],
)
def test_fill(template: str, filled: str | None) -> None:
    """Templates become requests, the standard's own examples included, or nothing at all."""
    assert fill(template, context(), DAY) == filled


@pytest.mark.parametrize(
    ("user", "filled"),
    [
        ("Practitioner/a?b=c&d", "Practitioner/a%3Fb%3Dc%26d"),
        ("Practitioner/a#b%2F", "Practitioner/a%23b%252F"),
        ("Practitioner/{{today()}}", "Practitioner/%7B%7Btoday%28%29%7D%7D"),
    ],
)
def test_a_user_cannot_change_the_query(user: str, filled: str) -> None:
    """What a sender puts into the user's id stays a piece of the path."""
    assert fill("{{context.userId}}", context(user=user), DAY) == filled


@pytest.mark.parametrize(("token", "kind"), USERS.items())
def test_user_tokens_are_for_their_kind_of_user(token: str, kind: str) -> None:
    """Each user token has a value for one type of user, and for no other."""
    for other in USERS.values():
        filled = fill(f"X/{{{{{token}}}}}", context(user=f"{other}/u 1"), DAY)
        assert filled == ("X/u%201" if other == kind else None)


@given(fhir_ids(), st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip())))
@quick
def test_values_are_encoded_and_come_back(patient: str, user: str) -> None:
    """Each value is one percent-encoded piece of the request, and decodes to what it was."""
    try:
        sent = context(patient, f"Practitioner/{user}", patient)
        user.encode()
    except UnicodeEncodeError:
        return
    assume(not {"", ".", ".."} & {patient, *f"Practitioner/{user}".split("/")})
    for token, value in (
        ("context.patientId", patient),
        ("context.encounterId", patient),
        ("context.userId", f"Practitioner/{user}"),
        *([] if "/" in user else [("userPractitionerId", user)]),
    ):
        filled = fill(f"{{{{{token}}}}}", sent, DAY)
        assert filled is not None
        assert unquote(filled, errors="strict") == value
        assert UNRESERVED.fullmatch(filled.replace("/", "") if "user" in token else filled)


@given(
    pieces=st.lists(st.sampled_from(["Patient/", "?a=", "&b=", "{", "}", "é"]), max_size=4),
    names=st.lists(st.sampled_from([*FIELDS, *USERS, "today()", " today() - 3 days "]), max_size=4),
    user=st.sampled_from([*USERS.values(), "Device"]),
    encounter=st.sampled_from(["", "e1"]),
)
@quick
def test_fill_never_leaves_a_token(
    pieces: list[str], names: list[str], user: str, encounter: str
) -> None:
    """A request is whole or not made: no token stays in it, no value is left out of it."""
    template = "X" + "/".join([*pieces, *(f"{{{{{name}}}}}" for name in names)])
    try:
        tokens(template)
    except ConfigurationError:
        return
    filled = fill(template, context(user=f"{user}/u1", encounter=encounter), DAY)
    has_all = all(
        encounter if name == "context.encounterId" else USERS.get(name, user) == user
        for name in names
    )
    assert (filled is not None) == has_all
    if filled is not None:
        assert "{{" not in filled
        slashes = filled.replace("%2F", "/").count("/")
        assert slashes == template.count("/") + names.count("context.userId")


@given(st.dates(date(300, 1, 1), date(9700, 1, 1)), st.integers(0, 99_999), st.booleans())
@quick
def test_days_from_today(today: date, days: int, later: bool) -> None:
    """Days are counted over months and leap years, as the calendar does."""
    sign = "+" if later else "-"
    expected = today + timedelta(days=days) if later else today - timedelta(days=days)
    assert fill(f"{{{{today() {sign} {days} days}}}}", context(), today) == expected.isoformat()


@pytest.mark.parametrize(
    ("today", "token", "filled"),
    [
        (date.min, "today() - 1 day", "0001-01-01"),
        (date.max, "today() + 1 day", "9999-12-31"),
    ],
)
def test_days_stop_at_the_calendars_ends(today: date, token: str, filled: str) -> None:
    """A day beyond the calendar is its last one, not a crash."""
    assert fill(f"{{{{{token}}}}}", context(), today) == filled


@pytest.mark.parametrize("user", ["Practitioner/..", "../Patient/2", "Practitioner//1", "/x", "."])
def test_a_value_cannot_lead_elsewhere(user: str) -> None:
    """A reference that steps up or has an empty part is not put into a path."""
    assert fill("{{context.userId}}", context(user=user), DAY) is None


DRAFTS = {
    "resourceType": "Bundle",
    "entry": [
        {
            "resource": {
                "resourceType": "MedicationRequest",
                "id": name,
                "medicationReference": {"reference": f"Medication/{name}x"},
                "requester": {"reference": f"{kind}/1,2"},
            }
        }
        for name, kind in (("a", "Practitioner"), ("b", "PractitionerRole"))
    ],
}
ORDERS = OrderSign(patient_id="p1", user_id="Practitioner/1", draft_orders=DRAFTS)
REQUESTS = "context.draftOrders.entry.resource.ofType(MedicationRequest)"
CONDITIONS = Need("conditions", "Condition?patient={{context.patientId}}", "Condition", "problems")


def data(*resources: dict[str, object], reason: Reason | None = None) -> Data:
    """The data under the key `conditions`."""
    return Data(CONDITIONS, "p1", [msgspec.json.encode(list(resources) or None)], reason=reason)


@pytest.mark.parametrize(
    ("template", "query"),
    [
        (f"Medication?_id={{{{{REQUESTS}.medication.resolve().id}}}}", "Medication?_id=ax,bx"),
        (
            f"Practitioner?_id={{{{{REQUESTS}.requester.resolve().ofType(Practitioner).id}}}}",
            "Practitioner?_id=1%2C2",
        ),
        (f"X?_id={{{{{REQUESTS}.id|context.patientId}}}}", "X?_id=a,b,p1"),
        ("X?_id={{context.draftOrders.entry.resource.ofType(Patient).id}}", ""),
    ],
)
def test_paths_become_lists_of_values(template: str, query: str) -> None:
    """Values are joined by commas, a comma inside one is encoded, and none means nothing to ask."""
    assert templates.fill(template, Sources(ORDERS, DAY)) == Filled(query)


def test_a_path_may_start_at_an_earlier_key() -> None:
    """The data under another key is reached by its name."""
    found = data({"resourceType": "Condition", "id": "c1", "asserter": {"reference": "X/7"}})
    sources = Sources(context(), DAY, {"conditions": found})
    filled = templates.fill("X?_id={{%conditions.entry.resource.asserter.resolve().id}}", sources)
    assert filled == Filled("X?_id=7")


def test_a_path_may_start_at_a_resource_that_was_read() -> None:
    """What a read brought is the resource itself, not a Bundle: its elements follow the key."""
    need = Need("patient", "Patient/{{context.patientId}}", "Patient", "patient record")
    body = b'{"resourceType": "Patient", "id": "p1", "gender": "female"}'
    sources = Sources(context(), DAY, {"patient": Data(need, "p1", [body])})
    filled = templates.fill("X?gender={{%patient.gender}}", sources)
    assert filled == Filled("X?gender=female")


def test_an_earlier_key_that_is_known_to_be_empty_leaves_nothing_to_ask() -> None:
    """No conditions, no asserters: the query is not sent, and the answer is known to be empty."""
    sources = Sources(context(), DAY, {"conditions": data()})
    assert templates.fill("X?_id={{%conditions.entry.resource.id}}", sources) == Filled()


def test_an_earlier_key_that_was_not_obtained_is_not_taken_for_empty() -> None:
    """What depends on data that failed has failed for the same reason, whole or in part."""
    for found in (data(reason=Reason.FORBIDDEN), data({"resourceType": "Condition", "id": "c"})):
        incomplete = Data(CONDITIONS, "p1", found._pages, reason=Reason.FORBIDDEN)
        sources = Sources(context(), DAY, {"conditions": incomplete})
        filled = templates.fill("X?_id={{%conditions.entry.resource.id}}", sources)
        assert filled == Filled(reason=Reason.FORBIDDEN)


def test_what_must_be_read_first_is_named() -> None:
    """A path that looks into a referenced resource asks for it."""
    template = f"Organization?_id={{{{{REQUESTS}.requester.resolve().organization.resolve().id}}}}"
    sent = templates.fill(template, Sources(ORDERS, DAY))
    assert sent == Filled(wanted=frozenset({"Practitioner/1,2", "PractitionerRole/1,2"}))


def test_keys_come_after_those_they_depend_on() -> None:
    """Order follows dependency, and otherwise what was declared."""
    declared = {
        "c": "X?a={{%b.entry.resource.id}}",
        "a": "Patient/{{context.patientId}}",
        "b": "X?a={{%a.entry.resource.id}}",
    }
    assert templates.in_order(declared) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"a": "X?a={{%a.id}}"}, "a -> a"),
        ({"a": "X?a={{%b.id}}", "b": "X?a={{%a.id}}"}, "a -> b -> a"),
        ({"a": "X?a={{%z.id}}"}, "'z': not declared"),
    ],
)
def test_keys_that_cannot_be_ordered_are_refused(declared: dict[str, str], message: str) -> None:
    """A circle or an unknown key is found at start-up, and named."""
    with pytest.raises(ConfigurationError, match=message):
        templates.in_order(declared)


@pytest.mark.parametrize(
    ("template", "plain"),
    [
        ("X?p={{context.patientId}}&d=gt{{today() - 3 days}}", True),
        ("Practitioner/{{userPractitionerId}}", True),
        ("X?_id={{context.draftOrders.entry.resource.id}}", False),
        ("X?_id={{%a.id}}", False),
    ],
)
def test_plain_templates_are_those_every_client_can_fill(template: str, plain: bool) -> None:
    """Only these are advertised."""
    assert templates.is_plain(template) is plain
