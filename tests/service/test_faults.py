"""Whatever goes wrong with the data: nobody is told "no findings" unless somebody looked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.fhir_server import FhirServer
from service.settings import Settings
from tests.asgi import running
from tests.conftest import NOW
from tests.ehr import PATIENCE, PATIENT, RULES, TOKEN, Json, allergy, bundle, draft
from tests.ehr_double import CUT, HTML, LATIN_1, XML, EhrDouble, Knobs, outcome
from tests.ehr_site import Site, indicators, seen, site
from tests.strategies import as_json

BUSY: Final = (("retry-after", "600"),)
ELSEWHERE: Final = {"patient": {"reference": "Patient/p2"}, "subject": {"reference": "Patient/p2"}}
WITHHELD: Final = {"meta": {"security": [{"code": "REDACTED"}]}}


class Means(Enum):
    """What an answer says of a list."""

    ALL = "here it is"
    SOME = "here is a part of it"
    NONE = "there is nothing in it"
    NOT_SAID = "nothing"


def prefetched(entry: Json) -> dict[str, tuple[object, Means]]:
    """What may come under a key, and what it says of the list; "absent" is left out."""
    note = outcome("warning", "59204")
    away = [{"relation": "next", "url": "https://evil.test/next"}]
    return {
        "given": (bundle(entry), Means.ALL),
        "given as an array": ([entry], Means.ALL),
        "given in part": (bundle(entry, note), Means.SOME),
        "given up to a page that is elsewhere": (bundle(entry, link=away), Means.SOME),
        "null": (None, Means.NONE),
        "empty": (bundle(), Means.NONE),
        "none found": (bundle(outcome("warning", "4101"), total=0), Means.NONE),
        "absent": (None, Means.NOT_SAID),
        "outcome": (outcome("error"), Means.NOT_SAID),
        "outcome in a Bundle": (bundle(outcome("fatal")), Means.NOT_SAID),
        "nothing but suppressed": (bundle(note), Means.NOT_SAID),
        "a total without entries": (bundle(total=3), Means.NOT_SAID),
        "a total with only a note": (bundle(outcome("information"), total=3), Means.NOT_SAID),
        "an empty object": ({}, Means.NOT_SAID),
        "an empty array": ([], Means.NOT_SAID),
        "text": ("none", Means.NOT_SAID),
        "false": (False, Means.NOT_SAID),
        "another type": (bundle({"resourceType": "Condition", "id": "1"}), Means.NOT_SAID),
        "entries of null": (bundle() | {"entry": [None]}, Means.NOT_SAID),
        "another patient's": (bundle(entry | ELSEWHERE), Means.NOT_SAID),
        "withheld": (bundle(entry | WITHHELD), Means.NOT_SAID),
    }


def served(entry: Json) -> dict[str, tuple[Knobs, Means]]:
    """How a server may answer, and what that says of the list, which has one entry."""
    return {
        "well": (Knobs(), Means.ALL),
        "as a collection": (Knobs(bundle_type="collection", total="none"), Means.ALL),
        "with a note": (Knobs(entries=(outcome("information"),)), Means.ALL),
        "in part": (Knobs(entries=(outcome("warning", "4119"),)), Means.SOME),
        "beside another patient's": (Knobs(entries=(entry | ELSEWHERE,)), Means.SOME),
        "beside what is withheld": (Knobs(entries=(entry | WITHHELD,)), Means.SOME),
        "and leads elsewhere": (Knobs(edit=leading_elsewhere), Means.SOME),
        "none": (Knobs(body=as_json(bundle())), Means.NONE),
        "none found": (Knobs(body=as_json(bundle(outcome("error", "4101")))), Means.NONE),
        "an outcome with 200": (Knobs(body=as_json(outcome())), Means.NOT_SAID),
        "nothing but an error": (Knobs(body=as_json(bundle(outcome()))), Means.NOT_SAID),
        "a total without entries": (Knobs(body=as_json(bundle(total=2))), Means.NOT_SAID),
        "a total with only a note": (Knobs(edit=only_a_note), Means.NOT_SAID),
        **{f"{code}": (Knobs(status=code), Means.NOT_SAID) for code in (400, 401, 403, 404, 410)},
        **{f"{code}": (Knobs(status=code, headers=BUSY), Means.NOT_SAID) for code in (429, 503)},
        **{f"{code}": (Knobs(status=code), Means.NOT_SAID) for code in (201, 204, 500, 501)},
        "a redirect": (Knobs(status=302, headers=(("location", "/"),)), Means.NOT_SAID),
        "HTML": (Knobs(body=HTML), Means.NOT_SAID),
        "XML": (Knobs(body=XML), Means.NOT_SAID),
        "cut": (Knobs(body=CUT), Means.NOT_SAID),
        "in another encoding": (Knobs(body=LATIN_1), Means.NOT_SAID),
        "no body": (Knobs(body=b""), Means.NOT_SAID),
        "null": (Knobs(body=b"null"), Means.NOT_SAID),
        "an array": (Knobs(body=b"[]"), Means.NOT_SAID),
        "another type": (Knobs(body=b'{"resourceType":"Patient","id":"p1"}'), Means.NOT_SAID),
    }


def leading_elsewhere(found: Json) -> Json:
    """The Bundle, with a next page on another server."""
    return found | {"link": [{"relation": "next", "url": "https://evil.test/next"}]}


def only_a_note(found: Json) -> Json:
    """The Bundle with a total that tells of matches, and a note in place of them."""
    return found | {"total": 2, "entry": [{"resource": outcome("information")}]}


ALLERGY: Final = allergy()
TAKEN: Final = draft(id="m1", status="active")
GIVEN: Final = {"allergies": prefetched(ALLERGY), "medications": prefetched(TAKEN)}
SERVED: Final = {"AllergyIntolerance": served(ALLERGY), "MedicationRequest": served(TAKEN)}
KINDS: Final = {"allergies": "AllergyIntolerance", "medications": "MedicationRequest"}
SERVERS: Final = count(1)

Mix = dict[str, tuple[str, str]]


def mixes() -> st.SearchStrategy[Mix]:
    """For each list: what comes under its key, and how the server answers for it."""
    pairs = {
        key: st.tuples(st.sampled_from([*GIVEN[key]]), st.sampled_from([*SERVED[kind]]))
        for key, kind in KINDS.items()
    }
    return st.fixed_dictionaries(pairs)


def meaning(mix: Mix, key: str) -> Means:
    """What the call is told of a list: by its key or else, where that says nothing, the server."""
    under_key, by_server = mix[key]
    said = GIVEN[key][under_key][1]
    return SERVED[KINDS[key]][by_server][1] if said is Means.NOT_SAID else said


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Site]:
    """The app and a server in memory, with a patient allergic to penicillin who takes it."""
    double = EhrDouble(FhirServer(frozenset({TOKEN}), base_url=None))
    double.load(ALLERGY, TAKEN)
    transport = httpx.ASGITransport(double)
    chosen = Settings(database=tmp_path / "cardwise.sqlite", deadline=PATIENCE)
    app = create_app(chosen, clock=lambda: NOW, fhir_transport=transport, rules=RULES)
    inner = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://cds.test")
    async with running(app), inner as client:
        yield Site(client, double, "")


def prepare(patient: Site, mix: Mix) -> Json:
    """Set the server's knobs; the rest of the request for this mix.

    Each mix has a server of its own by name, so that no circuit breaker remembers the last.
    """
    patient.base = f"http://127.0.0.1:{next(SERVERS)}"
    for key, kind in KINDS.items():
        patient.double.of[kind] = SERVED[kind][mix[key][1]][0]
    under = {key: GIVEN[key][name][0] for key, (name, _) in mix.items() if name != "absent"}
    return {"prefetch": under}


together = settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@together
@given(mix=mixes())
async def test_an_order_is_cleared_only_when_the_list_is_known_to_be_empty(
    patient: Site, mix: Mix
) -> None:
    """`cards: []` at signing comes exactly when the allergy list was obtained and says none."""
    answer = await patient.sign(draft(), **prepare(patient, mix))
    said = meaning(mix, "allergies")
    assert (answer.json() == {"cards": []}) is (said is Means.NONE)
    assert (answer.status_code == 412) is (said is Means.NOT_SAID)
    assert ("critical" in indicators(answer)) is (said in {Means.ALL, Means.SOME})
    assert ("Not checked" in " ".join(seen(answer))) is (said is Means.SOME)


@together
@given(mix=mixes())
async def test_a_chart_is_cleared_only_when_both_lists_are_known(patient: Site, mix: Mix) -> None:
    """`cards: []` on opening a chart comes exactly when both lists are whole, and one says none."""
    answer = await patient.view(**prepare(patient, mix))
    said = {meaning(mix, key) for key in KINDS}
    whole = said <= {Means.ALL, Means.NONE}
    assert (answer.json() == {"cards": []}) is (whole and Means.NONE in said)
    assert (answer.status_code == 412) is (meaning(mix, "allergies") is Means.NOT_SAID)
    if answer.status_code == 200:
        assert ("Not checked" in " ".join(seen(answer))) is (not whole)


async def test_an_empty_last_page_takes_nothing_away(patient: Site) -> None:
    """A last page without entries, with the total of the search, leaves the list whole."""
    bodies = iter(
        (
            bundle(ALLERGY, link=[{"relation": "next", "url": "AllergyIntolerance?last"}]),
            bundle(total=1),
        )
    )
    patient.base = f"http://127.0.0.1:{next(SERVERS)}"
    patient.double.of["AllergyIntolerance"] = Knobs(edit=lambda _: next(bodies))
    assert indicators(await patient.sign(draft())) == ["critical"]


async def test_two_calls_with_one_token_ask_once(tmp_path: Path) -> None:
    """Calls at the same time with the same token share each query; not with another."""
    tokens = [TOKEN, "another-token"]
    for second, times in ((TOKEN, 1), ("another-token", 2)):
        double = EhrDouble(FhirServer(frozenset(tokens), base_url=None), Knobs(delay=0.1))
        double.load(ALLERGY)
        async with site(double, tmp_path) as ehr:
            answers = await asyncio.gather(
                *(ehr.sign(draft(), fhirAuthorization={"access_token": t}) for t in (TOKEN, second))
            )
        assert [indicators(answer) for answer in answers] == [["critical"]] * 2
        assert set(Counter(asked.line for asked in double.asked).values()) == {times}
        sent = {asked.headers["authorization"] for asked in double.asked}
        assert sent == {f"Bearer {TOKEN}", f"Bearer {second}"}


async def test_a_dead_server_costs_nothing_after_the_first_calls(tmp_path: Path) -> None:
    """Once a server has hung up on a few calls, it is not called any more."""
    connections = 0

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, site(EhrDouble(), tmp_path) as ehr:
        ehr.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        first = [await ehr.sign(draft()) for _ in range(10)]
        after_ten = connections
        later = [await ehr.sign(draft()) for _ in range(40)]
    assert 0 < after_ten <= 40
    assert connections == after_ten
    assert "(unreachable)" in first[0].text
    assert all("(unavailable)" in answer.text for answer in later)
    assert PATIENT not in later[0].text


def test_every_shape_of_answer_is_met() -> None:
    """The mixes hold each meaning, for the key and for the server, so that none goes untested."""
    under_keys = [{means for _, means in shapes.values()} for shapes in GIVEN.values()]
    by_servers = [{means for _, means in shapes.values()} for shapes in SERVED.values()]
    assert [*under_keys, *by_servers] == [set(Means)] * 4
