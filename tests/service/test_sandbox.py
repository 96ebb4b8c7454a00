"""What the public CDS Hooks sandbox demands of a service, which runs in a browser.

Source: its code, github.com/cds-hooks/sandbox. CORS is in test_cors.py.
"""

import re

import pytest
from markdown_it import MarkdownIt

from tests.ehr import AMOXICILLIN, EHR, Json, allergy, draft

ORIGIN = {"Origin": "https://sandbox.cds-hooks.org"}
PHARYNGITIS = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "J02.0"}]}


def request_order(**changes: object) -> Json:
    """An order as its prescription form makes it: a category that is no list, a constant id."""
    bent = {"category": {"coding": [{"code": "outpatient"}]}, "reasonCode": [PHARYNGITIS]}
    return draft(AMOXICILLIN, id="request-123", **{**bent, **changes})


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/cds-services", "GET"),
        ("/cds-services/order-safety", "POST"),
        ("/cds-services/order-safety/feedback", "POST"),
    ],
)
async def test_preflight(ehr: EHR, path: str, method: str) -> None:
    """Discovery, call and feedback answer the preflight for what the sandbox sends."""
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = await ehr.client.options(path, headers=ORIGIN | asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN["Origin"])
    assert method in answer.headers["access-control-allow-methods"]


async def test_a_replacement_can_be_taken_over(ehr: EHR) -> None:
    """A created order has `medicationCodeableConcept.text` and `coding[0].code`, as it needs."""
    ehr.fhir.load(allergy())
    answer = await ehr.sign(request_order())
    (card,) = answer.json()["cards"]
    created = [
        action["resource"]["medicationCodeableConcept"]
        for suggestion in card["suggestions"]
        for action in suggestion["actions"]
        if action["type"] == "create"
    ]
    assert created
    assert all(drug["text"] and drug["coding"][0]["code"] for drug in created)
    assert all(suggestion["label"] for suggestion in card["suggestions"])
    assert all(suggestion["uuid"] for suggestion in card["suggestions"])


async def test_detail_is_harmless_where_html_is_rendered(ehr: EHR) -> None:
    """The sandbox renders raw HTML in Markdown: what a chart holds comes escaped."""
    hostile = [{"manifestation": [{"text": "<img src=x onerror=alert(1)> [a](javascript:b)"}]}]
    ehr.fhir.load(allergy(reaction=hostile))
    (card,) = (await ehr.sign(request_order())).json()["cards"]
    assert "onerror" in card["detail"]
    rendered = MarkdownIt("commonmark", {"html": True}).render(card["detail"])
    assert "<img" not in rendered
    assert "javascript" not in "".join(re.findall(r"<a [^>]*>", rendered))


async def test_feedback_as_it_sends_it(ehr: EHR) -> None:
    """One piece at once, a dismissal with a reason without display, or without any reason."""
    ehr.fhir.load(allergy())
    (card,) = (await ehr.sign(draft())).json()["cards"]
    for reason in ({"overrideReason": {"reason": {"code": "x"}}}, {}):
        piece = {"card": card["uuid"], "outcome": "overridden", **reason}
        body = {"feedback": [piece | {"outcomeTimestamp": "2026-11-21T09:30:00.000Z"}]}
        url = "/cds-services/order-safety/feedback"
        answer = await ehr.client.post(url, json=body, headers=ORIGIN)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN["Origin"])


async def test_an_order_without_a_drug_yet(ehr: EHR) -> None:
    """Before a drug is chosen there is neither drug nor intent: no card, and no error."""
    ehr.fhir.load(allergy())
    blank = request_order(medicationCodeableConcept=None, intent=None)
    answer = await ehr.select(blank, selections=["MedicationRequest/request-123"])
    assert (answer.status_code, answer.json()) == (200, {"cards": []})
