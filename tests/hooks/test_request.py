"""The envelope every hook shares: what is read, what is forgiven, what is refused and how."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hooks
from hooks.errors import MalformedRequest, Problem
from hooks.request import Context, FhirAuthorization, HookRequest, decode, read_request
from tests.ehr import TOKEN, Json, draft, envelope, order_sign
from tests.strategies import as_json, fhir_ids, json_values, odd_bodies, quick

SECRET = "Zanzibar"
PLACES = [(), ("context",), ("context", "draftOrders"), ("fhirAuthorization",)]


def read(request: Json) -> HookRequest:
    """Read a request as it would arrive."""
    return read_request(as_json(request), hooks.contexts())


def attempt(body: bytes) -> HookRequest | MalformedRequest:
    """What a body is read as, or the one exception that may be raised for it."""
    try:
        return read_request(body, hooks.contexts())
    except MalformedRequest as refused:
        return refused


def refusal(body: bytes) -> Problem:
    """The one problem a body is refused for."""
    with pytest.raises(MalformedRequest) as caught:
        read_request(body, hooks.contexts())
    (problem,) = caught.value.problems
    return problem


def test_everything_that_was_sent_is_read() -> None:
    """Each member of a full request arrives where the rest of the service looks for it."""
    found = read(envelope("patient-view", prefetch={"a": [1, 2]}, extension={"x": {"y": 1}}))
    assert found.hook == "patient-view"
    assert found.hook_instance == "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    assert found.fhir_server == "https://ehr.test/fhir"
    assert found.authorization is not None
    assert found.authorization.access_token == TOKEN
    assert (found.context.patient_id, found.context.user_id) == ("p1", "Practitioner/1")
    assert found.context.encounter_id is None
    assert bytes(found.prefetch["a"]) == b"[1, 2]"
    assert found.extension == {"x": {"y": 1}}


@pytest.mark.parametrize("absent", [True, False])
def test_what_is_optional_may_be_absent_or_null(absent: bool) -> None:
    """Members that the standard makes optional read as nothing, left out or null."""
    request = envelope("patient-view", fhirServer=None, fhirAuthorization=None)
    if not absent:
        names = ("fhirServer", "fhirAuthorization", "prefetch", "extension")
        request |= dict.fromkeys(names)
    found = read(request)
    assert (found.fhir_server, found.authorization) == (None, None)
    assert (found.prefetch, found.extension) == ({}, {})


def test_a_null_under_a_prefetch_key_is_kept() -> None:
    """A null prefetch value says "known to be empty", so the key must not vanish."""
    assert bytes(read(envelope("patient-view", prefetch={"a": None})).prefetch["a"]) == b"null"


@pytest.mark.parametrize(
    "bent",
    [
        {"expires_in": "soon", "scope": ["a b", 3], "patient": {}},
        {"scope": "free text [with] brackets user/X.read user/X.read", "token_type": 7},
        {"expires_in": None, "subject": []},
    ],
)
def test_only_the_token_matters_of_the_authorization(bent: Json) -> None:
    """Whatever a sender makes of the other members, the token is taken (EPIC-11)."""
    found = read(envelope("patient-view", fhirAuthorization={"access_token": TOKEN, **bent}))
    assert found.authorization is not None
    assert found.authorization.access_token == TOKEN


def test_the_token_never_prints() -> None:
    """Neither the authorization nor the request that holds it shows the token when printed."""
    found = read(envelope("patient-view"))
    assert TOKEN not in repr(found)
    assert TOKEN not in f"{FhirAuthorization(access_token=TOKEN)}"


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_fhir_server_is_none(blank: str) -> None:
    """A server whose address is empty is no server."""
    assert read(envelope("patient-view", fhirServer=blank)).fhir_server is None


@pytest.mark.parametrize("odd", ["text", 3, [], True])
def test_an_extension_of_another_shape_is_passed_over(odd: Any) -> None:
    """An extension that is no object costs nothing."""
    assert read(envelope("patient-view", extension=odd)).extension == {}


def test_unknown_members_are_passed_over() -> None:
    """Members the standard does not name are no error, at any level."""
    request = envelope("patient-view", user="Practitioner/1", redirect="x")
    request["context"]["more"] = {"a": 1}
    assert read(request).context.patient_id == "p1"


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"hook": None}, "hook", "required"),
        ({"hookInstance": None}, "hookInstance", "required"),
        ({"context": None}, "context", "required"),
        ({"hook": ""}, "hook", "structure"),
        ({"hook": 5}, "hook", "structure"),
        ({"hook": "order-dispatch"}, "hook", "not-supported"),
        ({"hookInstance": ""}, "hookInstance", "structure"),
        ({"context": []}, "context", "structure"),
        ({"context": {"userId": "a/1"}}, "context.patientId", "required"),
        ({"context": {"patientId": "1"}}, "context.userId", "required"),
        ({"context": {"patientId": 1, "userId": "a/1"}}, "context.patientId", "structure"),
        ({"fhirServer": 3}, "fhirServer", "structure"),
        ({"prefetch": []}, "prefetch", "structure"),
        ({"fhirAuthorization": "t"}, "fhirAuthorization", "structure"),
        ({"fhirAuthorization": {}}, "fhirAuthorization.access_token", "required"),
    ],
)
def test_refusals_name_the_place(changes: Json, where: str, code: str) -> None:
    """A request that cannot be accepted is refused with the path of what is wrong, and its kind."""
    request = envelope("patient-view") | changes
    sent = {name: value for name, value in request.items() if value is not None}
    problem = refusal(as_json(sent))
    assert (problem.where, problem.code) == (where, code)
    assert problem.text.endswith(".")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "structure"),
        (b"{", "structure"),
        (b"[]", "structure"),
        (b"null", "structure"),
        (b"\xff\xfe", "structure"),
        (b'{"hook": "\xff"}', "structure"),
        (b'{"context": ' + b"[" * 100_000, "too-long"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, code: str) -> None:
    """Text that cannot be parsed is refused as a whole."""
    problem = refusal(body)
    assert (problem.where, problem.code) == ("", code)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [("p1", "p1"), (" p1 ", "p1"), ("Patient/p1", "p1"), ("a-1.E-8", "a-1.E-8"), ("é", "é")],
)
def test_patient_ids(sent: str, read_as: str) -> None:
    """An id is read bare, also where a reference was sent."""
    assert Context(patient_id=sent, user_id="a/1").patient_id == read_as


@pytest.mark.parametrize(
    "bad", ["", " ", "Patient/", "a/b", "a b", "a?b", "a#b", "a&b", "a%2f", "{{x}}", "a|b", "a\\b"]
)
@pytest.mark.parametrize("field", ["patient_id", "encounter_id"])
def test_ids_that_would_change_a_query_are_refused(field: str, bad: str) -> None:
    """What would not stay one value in a URL is no id; a blank encounter only means none."""
    values = {"patient_id": "p1", "user_id": "Practitioner/1", field: bad}
    if field == "encounter_id" and not bad.strip():
        assert Context(**values).encounter_id is None
    else:
        with pytest.raises(ValueError, match="as a FHIR id"):
            Context(**values)


@pytest.mark.parametrize(
    ("sent", "read_as"), [("e1", "e1"), ("Encounter/e1", "e1"), ("", None), (None, None)]
)
def test_encounter_ids(sent: str | None, read_as: str | None) -> None:
    """An encounter is read like a patient, and may be absent."""
    found = Context(patient_id="p1", user_id="a/1", encounter_id=sent)
    assert found.encounter_id == read_as


@given(fhir_ids())
@quick
def test_every_fhir_id_is_accepted(id_: str) -> None:
    """No id that FHIR allows, nor a longer one as Epic sends, is refused or changed."""
    assert Context(patient_id=f"Patient/{id_}", user_id="a/1").patient_id == id_


def test_a_hook_without_orders_has_none() -> None:
    """Only the order hooks have drafts and selections."""
    context = Context(patient_id="p1", user_id="Practitioner/1")
    assert (context.draft_entries, context.draft_resources, context.selected) == ([], [], None)


def test_decode_names_the_place_below() -> None:
    """A path inside a part is given as a path inside the whole."""
    with pytest.raises(MalformedRequest) as caught:
        decode(b'{"a": ["x"]}', dict[str, list[int]], "context.b")
    assert caught.value.problems[0].where.startswith("context.b")


@given(odd_bodies() | json_values().map(as_json))
@quick
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Whatever is POSTed, the outcome is a request or `MalformedRequest`, and nothing else."""
    found = attempt(body)
    assert found.problems if isinstance(found, MalformedRequest) else found.context.patient_id


def _secretive(value: Any) -> Any:
    """The value with every text, and every name of a member, turned into a secret."""
    if isinstance(value, dict):
        return {f"{SECRET}{name}": _secretive(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_secretive(inner) for inner in value]
    return f"{SECRET} {value}" if isinstance(value, str) else value


@given(data=st.data())
@quick
def test_no_value_of_the_input_is_repeated(data: st.DataObject) -> None:
    """However a request is bent, no text or name that was sent gets into a problem."""
    request = order_sign(draft(), hook=data.draw(st.sampled_from(["order-sign", "order-select"])))
    path = data.draw(st.sampled_from(PLACES))
    target = request
    for name in path:
        target = target[name]
    for name in data.draw(st.sets(st.sampled_from([*target]), min_size=1, max_size=3)):
        target[name] = _secretive(data.draw(json_values()))
    found = attempt(as_json(request))
    if isinstance(found, MalformedRequest):
        told = f"{found} {found.problems!r}"
        assert SECRET not in told
        assert TOKEN not in told
