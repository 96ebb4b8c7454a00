"""Calls that end in every way there is, each with planted values in whatever part can hold them."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from tests.callers import Caller, Clock, ec, key_set, public
from tests.ehr import Json, allergy, bundle, draft, medication, order_sign
from tests.ehr_double import EhrDouble, Knobs
from tests.service.telemetry.planted import PLANTED as P
from tests.strategies import as_json

BUSY: Final = "https://busy.test"
SIGN: Final = "/cds-services/order-safety"
VIEW: Final = "/cds-services/chart-review"
MOST: Final = 200_000
_ABOUT: Final[Json] = {"reference": f"Patient/{P['patient id']}"}
_CONFIG: Final = """
[tenants.mercy]
fhir = [{{ base = "{base}" }}]
deadline = 0.5
[tenants.mercy.trust]
issuers = ["https://ehr.mercy.test"]
jwks_file = "keys.json"

[tenants.busy.trust]
issuers = ["https://busy.test"]
jwks_file = "keys.json"
[tenants.busy.budget]
per_minute = 1
"""


def configure(folder: Path, base: str) -> Path:
    """Write a configuration whose tenants are `mercy`, and `busy` that may call once."""
    (folder / "keys.json").write_text(json.dumps(key_set(public(ec()))))
    file = folder / "cardwise.toml"
    file.write_text(_CONFIG.format(base=base))
    return file


def chart() -> EhrDouble:
    """A FHIR server with a chart of planted values; what it answers depends on the token."""
    double = EhrDouble()
    double.load(_allergy(), _allergy({"text": P["allergy in words"]}, id="a2"))
    return double


def _allergy(code: Json | None = None, **changes: Any) -> Json:
    return allergy(
        code,
        id=changes.pop("id", P["allergy code"]),
        patient=_ABOUT | {"display": P["family name"]},
        note=[{"text": P["note"]}],
        **changes,
    )


def _order(**changes: Any) -> Json:
    return draft(
        subject=_ABOUT | {"display": P["given name"]},
        reasonCode=[{"text": P["note"], P["element"]: P["record number"]}],
        note=[{"text": P["street"]}],
        **changes,
    )


def _request(base: str, *orders: Json, **changes: Any) -> Json:
    request = order_sign(*orders, fhirServer=base)
    request["hookInstance"] = P["hookInstance"]
    request["extension"] = {P["element"]: P["birth date"]}
    request["context"] |= {
        "patientId": P["patient id"],
        "userId": P["user"],
        "encounterId": P["encounter"],
    }
    return request | changes


@dataclass
class Provocation:
    """An EHR that plants.

    Attributes:
        client: speaks to the service.
        double: the FHIR server.
        base: its URL, as the service is to read it.
    """

    client: httpx.AsyncClient
    double: EhrDouble
    base: str

    def __post_init__(self) -> None:
        """Sign with the time as it is."""
        self._caller = Caller(Clock(datetime.now(UTC)))

    async def all(self) -> AsyncIterator[httpx.Response]:
        """Every call, one after the other."""
        async for answer in self._answered():
            yield answer
        async for answer in self._wrong():
            yield answer
        async for answer in self._refused():
            yield answer
        async for answer in self._unobtained():
            yield answer
        async for answer in self._said():
            yield answer

    async def post(
        self, path: str, body: Any, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """POST with planted headers; the token is a good one of `mercy`'s, or another."""
        content = body if isinstance(body, bytes) else as_json(body)
        if token is None:
            token = self._token(path)
        sent = {
            "content-type": "application/json",
            "authorization": f"Bearer {token}",
            "x-request-id": P["family name"],
            "tracestate": f"x={P['trace state']}",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "baggage": f"patient={P['baggage']}",
            "user-agent": P["agent"],
            "cookie": P["cookie"],
            "referer": f"https://ehr.test/?{P['query']}",
        }
        asked = f"{path}?{P['query']}"
        return await self.client.post(asked, content=content, headers=sent | headers)

    def _token(self, path: str = SIGN, header: Json | None = None, **claims: Any) -> str:
        self._caller.path = path
        jti = claims.pop("jti", P["jti"] + self._caller.claims()["jti"])
        aud = f"{str(self.client.base_url).rstrip('/')}{path}"
        usual = {"sub": P["client id"], "jti": jti, "aud": aud}
        return self._caller.token({"jku": None} | (header or {}), **usual | claims)

    async def sign(self) -> httpx.Response:
        """One call that all is well with."""
        return await self.post(SIGN, _request(self.base, _order()))

    async def _answered(self) -> AsyncIterator[httpx.Response]:
        """200: with what is read, with what is given, with what a rule cannot make sense of."""
        yield await self.post(SIGN, _request(self.base, _order()))
        yield await self.post(VIEW, _request(self.base) | {"hook": "patient-view"})
        given = {"allergies": bundle(_allergy()), P["element"]: {"text": P["note"]}}
        odd = _order(medicationCodeableConcept=medication(P["record number"], P["street"]))
        yield await self.post(SIGN, _request(self.base, odd, prefetch=given))

    async def _wrong(self) -> AsyncIterator[httpx.Response]:
        """400, 404, 405, 413 and 415."""
        text = json.dumps(_request(self.base, _order()))
        yield await self.post(SIGN, text[:-9].encode())
        yield await self.post(SIGN, f'{{"hook": "{P["given name"]}\udc80"'.encode(errors="replace"))
        yield await self.post(SIGN, _request(self.base, hook=P["given name"]))
        yield await self.post(SIGN, _request(self.base, context={"patientId": P["note"]}))
        yield await self.post(SIGN, _request(self.base, draft(subject={"reference": P["user"]})))
        yield await self.post(f"/cds-services/{P['service']}", _request(self.base))
        yield await self.post(f"{SIGN}/{P['service']}/", _request(self.base))
        yield await self.post(f"{SIGN}/", _request(self.base))
        yield await self.client.get(f"/rules/{P['service']}?{P['query']}")
        yield await self.client.request(P["element"].upper(), SIGN)
        yield await self.client.delete(f"/rules/{P['service']}?{P['query']}")
        yield await self.post(SIGN, P["note"].encode() * (MOST // 20))
        yield await self.post(SIGN, P["note"].encode(), **{"content-type": P["agent"]})

    async def _refused(self) -> AsyncIterator[httpx.Response]:
        """401 for each kind of reason, and 429."""
        request = _request(self.base, _order())
        for claims in ({"iss": P["issuer"]}, {"aud": P["server"]}, {"exp": 1}, {"tenant": 5}):
            yield await self.post(SIGN, request, self._token(**claims))
        for header in ({"jku": P["jku"]}, {"kid": P["key id"]}, {"typ": P["agent"]}):
            yield await self.post(SIGN, request, self._token(header=header))
        good = self._token()
        for token in (good[:-9] + "AAAAAAAAA", P["delegated token"], "none", good, good):
            yield await self.post(SIGN, request, token)
        for _ in range(2):
            yield await self.post(SIGN, request, self._token(iss=BUSY))

    async def _unobtained(self) -> AsyncIterator[httpx.Response]:
        """412, for each way in which a FHIR server may fail."""
        request = _request(self.base, _order())
        error = as_json({"resourceType": "OperationOutcome", "issue": [{"diagnostics": _TEXT}]})
        for status in (400, 401, 403, 404, 429, 500, 503):
            self.double.usual = Knobs(status=status, body=error)
            yield await self.post(SIGN, request)
        for knobs in (Knobs(body=_TEXT.encode()), Knobs(dropped=True), Knobs(delay=0.8)):
            self.double.usual = knobs
            yield await self.post(SIGN, request)
        viewed = request | {"hook": "patient-view"}
        yield await self.post(VIEW, viewed)
        self.double.usual = Knobs()
        yield await self.post(SIGN, request | {"fhirServer": P["server"]})
        yield await self.post(SIGN, request | {"fhirServer": f"{self.base}/{P['record number']}"})

    async def _said(self) -> AsyncIterator[httpx.Response]:
        """Feedback: accepted, and refused."""
        path = f"{SIGN}/feedback"
        item = {
            "card": P["hookInstance"],
            "outcome": "overridden",
            "overrideReason": {
                "reason": {"code": P["allergy code"], "display": P["allergy in words"]},
                "userComment": P["comment"],
            },
            "outcomeTimestamp": "2026-11-20T10:05:31Z",
        }
        yield await self.post(path, {"feedback": [item]})
        yield await self.post(path, {"feedback": [item | {"outcome": P["comment"]}]})
        yield await self.post(path, {"feedback": P["comment"]})


_TEXT: Final = f"{P['error text']}, {P['family name']}, {P['birth date']}"
