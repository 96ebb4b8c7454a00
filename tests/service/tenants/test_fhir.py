"""What a tenant's FHIR server demands of every read: sent to it, and to no other."""

from pathlib import Path

from service.fhir_server import FhirServer
from tests.ehr import AMOXICILLIN, TOKEN, allergy, bundle, draft, medication, order_sign
from tests.ehr_double import Asked, EhrDouble, Knobs, Paging
from tests.ehr_site import NO_SERVER, indicators, refused, seen, tenant
from tests.prefetch.servers import listening

GATEWAY = 'headers = { X-Api-Key = "sekret" }'
PRACTICE = 'query = { practice = "one/2" }'


def lets_in(asked: Asked) -> bool:
    """Whether a request shows the gateway's key."""
    return asked.headers.get("x-api-key") == "sekret"


def demanding() -> EhrDouble:
    """A server behind a gateway, with pages of one, and an allergy on the second."""
    fhir = FhirServer(frozenset({TOKEN}), page_size=1, base_url=None)
    double = EhrDouble(fhir, Knobs(status=401, body=b"{}", unless=lets_in, ignored=("practice",)))
    food = allergy({"text": "Peanut"}, id="a1", category=["food"])
    drug = {"resourceType": "Medication", "id": "x", "code": medication(*AMOXICILLIN)}
    double.load(food, allergy(id="a2", recordedDate="2012-05-01"), drug)
    return double


async def test_headers_go_with_every_read(tmp_path: Path) -> None:
    """Searches, next pages and reads by reference all show the gateway's key, beside the token."""
    double = demanding()
    order = draft(medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"})
    async with tenant(double, tmp_path, "", GATEWAY) as clinic:
        assert indicators(await clinic.sign(order)) == ["critical"]
    assert {asked.kind for asked in double.asked} > {"AllergyIntolerance", "Medication"}
    assert len(double.lines("AllergyIntolerance")) == 2
    assert all(map(lets_in, double.asked))
    assert {asked.headers["authorization"] for asked in double.asked} == {f"Bearer {TOKEN}"}


async def test_another_server_sees_nothing_of_it(tmp_path: Path) -> None:
    """Neither header nor parameter goes to another base of the tenant, nor by a foreign link."""
    stranger = EhrDouble()
    stranger.load(allergy())
    async with listening(stranger) as other:
        double = demanding()
        double.usual = Knobs(paging=Paging(foreign=other), ignored=("practice",))
        second = f'[[tenants.mercy.fhir]]\nbase = "{other}"'
        async with tenant(double, tmp_path, "", f"{GATEWAY}\n{PRACTICE}", second) as clinic:
            lines = seen(await clinic.sign(draft()))
            assert "the rest of the allergy list" in lines[0]
            assert stranger.asked == []
            request = order_sign(draft(), fhirServer=other)
            answer = await clinic.client.post("/cds-services/order-safety", json=request)
    assert indicators(answer) == ["critical"]
    assert stranger.asked
    assert not any(
        "x-api-key" in asked.headers or asked.parameters.get("practice") for asked in stranger.asked
    )


async def test_a_prefetched_lists_next_link_carries_it_too(tmp_path: Path) -> None:
    """The EHR's own first page may lead on by a link without the parameter."""
    double = demanding()
    async with tenant(double, tmp_path, "", f"{GATEWAY}\n{PRACTICE}") as clinic:
        link = [{"relation": "next", "url": f"{clinic.base}/AllergyIntolerance?patient=p1"}]
        first = bundle(allergy({"text": "Peanut"}, category=["food"]), link=link)
        answer = await clinic.sign(draft(), prefetch={"allergies": first, "medications": None})
    assert indicators(answer) == ["critical"]
    assert {tuple(asked.parameters["practice"]) for asked in double.asked} == {("one/2",)}


async def test_a_list_under_a_foreign_key_may_have_it(tmp_path: Path) -> None:
    """The search an EHR prefetched is recognised although its own link has the parameter."""
    double = demanding()
    async with tenant(double, tmp_path, "", PRACTICE) as clinic:
        own = f"{clinic.base}/AllergyIntolerance?practice=one/2&patient=p1"
        for url, expected in ((own, ["critical"]), (own.replace("one", "two"), None)):
            given = {"item1": bundle(allergy(), link=[{"relation": "self", "url": url}])}
            answer = await clinic.sign(draft(), prefetch=given, fhirAuthorization=None)
            if expected:
                assert indicators(answer) == expected
            else:  # the list of another practice
                assert refused(answer) == {("prefetch.allergies", "no-token")}


async def test_without_a_server_there_is_nothing_to_carry(tmp_path: Path) -> None:
    """A call that names no FHIR server is served from its prefetch."""
    async with tenant(demanding(), tmp_path, "", f"{GATEWAY}\n{PRACTICE}") as clinic:
        given = {"allergies": bundle(allergy()), "medications": None}
        assert indicators(await clinic.sign(draft(), prefetch=given, **NO_SERVER)) == ["critical"]
