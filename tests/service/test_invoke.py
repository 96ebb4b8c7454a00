"""`POST /cds-services/{id}`: the answers, over HTTP, against the real app and FHIR server."""

import pytest

from tests.ehr import (
    AMOXICILLIN,
    EHR,
    LISINOPRIL,
    PATIENT,
    Json,
    allergy,
    bundle,
    draft,
    medication,
    status,
)

NOTHING_TO_READ: Json = {"fhirServer": None, "fhirAuthorization": None}
PENICILLIN_LIST = {"allergies": bundle(allergy()), "medications": bundle()}
DATED = allergy(recordedDate="2012-05-01")
# What drug-allergy reads once it has found a conflict with an entry of which the day is known.
AFTERWARDS = [
    f"GET /MedicationRequest?patient={PATIENT}&status=active",
    f"GET /MedicationRequest?patient={PATIENT}&status=completed",
    f"GET /MedicationAdministration?patient={PATIENT}&status=completed",
    f"GET /Patient/{PATIENT}",
]


async def test_one_conflict_gives_one_critical_card(ehr: EHR) -> None:
    """A penicillin allergy and an amoxicillin order, prefetched, give one card that removes it."""
    answer = await ehr.sign(draft(), prefetch=PENICILLIN_LIST, **NOTHING_TO_READ)
    (card,) = answer.json()["cards"]
    assert card["indicator"] == "critical"
    assert card["selectionBehavior"] == "at-most-one"
    (suggestion,) = card["suggestions"]
    (action,) = suggestion["actions"]
    assert (action["type"], action["resourceId"]) == ("delete", "MedicationRequest/draft-1")
    assert all(reason["display"] for reason in card["overrideReasons"])


async def test_the_rules_page_is_linked_and_there(ehr: EHR) -> None:
    """A card's link leads to the page of its rule."""
    answer = await ehr.sign(draft(), prefetch=PENICILLIN_LIST)
    (link,) = answer.json()["cards"][0]["links"]
    page = await ehr.client.get(link["url"])
    assert page.status_code == 200
    assert "Drug ordered despite an allergy on the chart" in page.text


async def test_without_the_allergy_there_is_no_card(ehr: EHR) -> None:
    """The same order with an empty allergy list gives no card."""
    prefetch = {"allergies": bundle(), "medications": bundle()}
    answer = await ehr.sign(draft(), prefetch=prefetch, **NOTHING_TO_READ)
    assert answer.json() == {"cards": []}


async def test_what_was_not_prefetched_is_read_with_the_token(ehr: EHR) -> None:
    """With nothing prefetched, all is read from the server, and the card is the same."""
    ehr.fhir.load(DATED)
    fetched = await ehr.sign(draft())
    prefetch = PENICILLIN_LIST | {"allergies": bundle(DATED)}
    given = await ehr.sign(draft(), prefetch=prefetch, **NOTHING_TO_READ)
    assert fetched.json() == given.json()
    assert ehr.fhir.requests == [f"GET /AllergyIntolerance?patient={PATIENT}", *AFTERWARDS]


async def test_only_missing_keys_are_read(ehr: EHR) -> None:
    """A key that was prefetched is not asked for again."""
    await ehr.sign(draft(), prefetch={"allergies": bundle(DATED)})
    assert ehr.fhir.requests == AFTERWARDS


async def test_what_only_a_conflict_needs_is_read_for_a_conflict_only(ehr: EHR) -> None:
    """Without a conflict nothing but the allergy list is read."""
    assert (await ehr.sign(draft())).json() == {"cards": []}
    assert ehr.fhir.requests == [f"GET /AllergyIntolerance?patient={PATIENT}"]


async def test_null_means_known_to_be_empty(ehr: EHR) -> None:
    """A null under a key is an answer: nothing is read, and there is no card."""
    answer = await ehr.sign(draft(), prefetch={"allergies": None, "medications": None})
    assert answer.json() == {"cards": []}
    assert ehr.fhir.requests == []


async def test_an_outcome_in_place_of_data_is_read_again(ehr: EHR) -> None:
    """An OperationOutcome under a key is no data: the list is read from the server."""
    ehr.fhir.load(allergy())
    issue = {"severity": "error", "code": "timeout"}
    outcome = {"resourceType": "OperationOutcome", "issue": [issue]}
    answer = await ehr.sign(draft(), prefetch={"allergies": outcome, "medications": None})
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


async def test_retyped_keys_are_recognised_by_what_they_hold(ehr: EHR) -> None:
    """A site's own key names do not matter where the value says what it is."""
    prefetch = {"item1": bundle(allergy()), "item2": None, "medications": bundle()}
    answer = await ehr.sign(draft(), prefetch=prefetch, **NOTHING_TO_READ)
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


@pytest.mark.parametrize(
    "changes",
    [
        {"verificationStatus": status("verification", "refuted"), "clinicalStatus": None},
        {"verificationStatus": status("verification", "entered-in-error"), "clinicalStatus": None},
        {"clinicalStatus": status("clinical", "resolved")},
        {"clinicalStatus": status("clinical", "inactive")},
        {"clinicalStatus": {"text": "Resolved"}},
    ],
)
async def test_entries_that_do_not_stand_are_silent(ehr: EHR, changes: Json) -> None:
    """Refuted, erroneous, resolved and inactive allergies give no card."""
    prefetch = {"allergies": bundle(allergy(**changes)), "medications": None}
    answer = await ehr.sign(draft(), prefetch=prefetch)
    assert answer.json() == {"cards": []}


async def test_an_entry_without_any_status_stands(ehr: EHR) -> None:
    """An allergy that does not say whether it is active is not passed over."""
    entry = allergy(clinicalStatus=None, verificationStatus=None)
    answer = await ehr.sign(draft(), prefetch={"allergies": bundle(entry), "medications": None})
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


async def test_only_selected_orders_are_advised_on(ehr: EHR) -> None:
    """On order-select, an older conflicting draft that is not selected gets no card."""
    older, picked = draft(id="older"), draft(LISINOPRIL, id="picked")
    answer = await ehr.select(
        older, picked, selections=["MedicationRequest/picked"], prefetch=PENICILLIN_LIST
    )
    assert answer.json() == {"cards": []}


async def test_selections_that_name_no_draft_mean_all(ehr: EHR) -> None:
    """When `selections` matches nothing, every draft is checked: silence would look like safety."""
    answer = await ehr.select(draft(), selections=["nothing/known"], prefetch=PENICILLIN_LIST)
    assert len(answer.json()["cards"]) == 1


async def test_each_conflicting_order_gets_its_own_card(ehr: EHR) -> None:
    """Two conflicting drafts give two cards, each removing its own."""
    answer = await ehr.sign(draft(id="d1"), draft(id="d2"), prefetch=PENICILLIN_LIST)
    removed = [c["suggestions"][0]["actions"][0]["resourceId"] for c in answer.json()["cards"]]
    assert removed == ["MedicationRequest/d1", "MedicationRequest/d2"]


async def test_a_repeated_call_gives_the_same_ids(ehr: EHR) -> None:
    """Cards and suggestions keep their uuids when a call is sent again, and not in another call."""
    first = await ehr.sign(draft(), prefetch=PENICILLIN_LIST)
    again = await ehr.sign(draft(), prefetch=PENICILLIN_LIST)
    other = await ehr.sign(draft(), prefetch=PENICILLIN_LIST, hookInstance="another")
    assert first.json() == again.json()
    assert first.json()["cards"][0]["uuid"] != other.json()["cards"][0]["uuid"]


async def test_a_replacement_is_a_complete_order(ehr: EHR) -> None:
    """The suggested alternative is a draft with the order's subject, encounter and requester."""
    strep = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J02.0"}]}
    order = draft(
        encounter={"reference": "Encounter/e1"},
        requester={"reference": "Practitioner/1"},
        reasonCode=[strep],
    )
    answer = await ehr.sign(order, prefetch=PENICILLIN_LIST)
    replace = answer.json()["cards"][0]["suggestions"][1]
    deletion, creation = replace["actions"]
    assert deletion["resourceId"] == "MedicationRequest/draft-1"
    created = creation["resource"]
    kept = ("subject", "encounter", "requester", "reasonCode")
    assert {name: created[name] for name in kept} == {name: order[name] for name in kept}
    assert (created["status"], created["intent"]) == ("draft", "order")
    concept = created["medicationCodeableConcept"]
    assert (concept["text"], concept["coding"][0]["code"]) == ("clindamycin", "2582")
    assert "IDSA guideline" in answer.json()["cards"][0]["detail"]


async def test_an_alternative_already_ordered_is_not_offered(ehr: EHR) -> None:
    """A replacement never duplicates a drafted or active order."""
    strep = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J02.0"}]}
    taken = [
        draft(medicationCodeableConcept={"text": drug}, id=drug, status="active")
        for drug in ("clindamycin", "azithromycin")
    ]
    prefetch = {"allergies": bundle(allergy()), "medications": bundle(*taken)}
    answer = await ehr.sign(draft(reasonCode=[strep]), prefetch=prefetch)
    labels = [s["label"] for s in answer.json()["cards"][0]["suggestions"]]
    assert labels == [f"Remove {AMOXICILLIN[1]}"]


async def test_orders_other_than_medications_need_no_allergies(ehr: EHR) -> None:
    """A draft that no rule is about gets an empty answer, and nothing is read for it."""
    order = {"resourceType": "ServiceRequest", "id": "s1", "status": "draft", "intent": "order"}
    answer = await ehr.sign(order, **NOTHING_TO_READ)
    assert answer.json() == {"cards": []}


async def test_dstu2_orders_are_said_to_be_unchecked(ehr: EHR) -> None:
    """An order in a FHIR version that is not understood is told, not passed over."""
    order = {"resourceType": "MedicationOrder", "id": "o1", "status": "draft"}
    answer = await ehr.sign(order, prefetch=PENICILLIN_LIST)
    (card,) = answer.json()["cards"]
    assert card["summary"].startswith("Not checked")
    assert "DSTU2" in card["detail"]


async def test_a_referenced_drug_is_read(ehr: EHR) -> None:
    """A draft that only refers to a Medication on the server is checked by what that says."""
    ehr.fhir.load({"resourceType": "Medication", "id": "m1", "code": medication(*AMOXICILLIN)})
    order = draft(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/m1"}
    )
    answer = await ehr.sign(order, prefetch=PENICILLIN_LIST)
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]


async def test_markup_in_a_chart_stays_text(ehr: EHR) -> None:
    """Markdown and HTML in an allergy's words do not start anything on the card."""
    nasty = {**medication("723", "x"), "text": "<img src=x onerror=alert(1)> [click](http://evil)"}
    answer = await ehr.sign(
        draft(), prefetch={"allergies": bundle(allergy(nasty)), "medications": None}
    )
    (card,) = answer.json()["cards"]
    assert "<" not in card["detail"]
    assert "](" not in card["detail"].replace("\\]", "")
    assert "http:" not in card["detail"].replace("&#58;", "")


async def test_a_new_chart_shows_conflicts_and_uncheckable_entries(ehr: EHR) -> None:
    """Opening a chart tells of a current conflicting order and of an entry in free text."""
    ehr.fhir.load(allergy())
    ehr.fhir.load(allergy({"text": "the pink tablets"}, id="a2"))
    ehr.fhir.load(draft(id="m1", status="active"))
    answer = await ehr.view()
    assert [card["indicator"] for card in answer.json()["cards"]] == ["warning", "info"]


async def test_an_ingredient_nobody_knows_is_said_to_be_unchecked(ehr: EHR) -> None:
    """A compound is checked by the ingredients that are known, and the rest is told."""
    parts = [{"itemCodeableConcept": {"text": name}} for name in ("amoxicillin", "house powder")]
    drug = {"resourceType": "Medication", "id": "m", "ingredient": parts}
    order = draft(
        medicationCodeableConcept=None, contained=[drug], medicationReference={"reference": "#m"}
    )
    answer = await ehr.sign(order, prefetch=PENICILLIN_LIST)
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical", "info"]


async def test_a_referenced_drug_is_found_under_any_prefetch_key(ehr: EHR) -> None:
    """A Medication the EHR prefetched, whatever the key, is not read again."""
    drug = {"resourceType": "Medication", "id": "m1", "code": medication(*AMOXICILLIN)}
    order = draft(
        medicationCodeableConcept=None, medicationReference={"reference": "Medication/m1"}
    )
    answer = await ehr.sign(order, prefetch=PENICILLIN_LIST | {"item7": bundle(drug)})
    assert [card["indicator"] for card in answer.json()["cards"]] == ["critical"]
    assert ehr.fhir.requests == []


@pytest.mark.parametrize(
    ("item", "indicators"),
    [
        ({"reference": "#part"}, ["critical"]),
        ({"reference": "Medication/sibling"}, ["critical"]),
        ({"reference": "Medication/nowhere", "display": "amoxicillin"}, ["critical"]),
        ({"reference": "Medication/nowhere"}, ["info"]),
    ],
)
async def test_an_ingredient_may_be_a_reference(
    ehr: EHR, item: Json, indicators: list[str]
) -> None:
    """A compound's ingredients are found where they are referred to, or said not to be known."""
    part = {"resourceType": "Medication", "code": medication("723", "amoxicillin")}
    drug = {"resourceType": "Medication", "id": "m", "ingredient": [{"itemReference": item}]}
    order = draft(
        medicationCodeableConcept=None,
        contained=[drug, part | {"id": "part"}],
        medicationReference={"reference": "#m"},
    )
    answer = await ehr.sign(order, part | {"id": "sibling"}, prefetch=PENICILLIN_LIST)
    assert [card["indicator"] for card in answer.json()["cards"]] == indicators
