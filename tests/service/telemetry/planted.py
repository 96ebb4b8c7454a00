"""What must never be seen: values planted in requests and charts, and the search for them."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

# By what they stand for. None occurs anywhere else, in whatever case.
PLANTED: Final = {
    "family name": "Quaggazebrowska",
    "given name": "Xanthippolyta",
    "patient id": "pat-83710465-qx",
    "record number": "MRN83710465",
    "birth date": "1931-07-09",
    "street": "17 Okapi Lane",
    "user": "Practitioner/dr-wombatsky",
    "encounter": "enc-5521-numbat",
    "allergy in words": "hives from grandmother's kumquat jam",
    "allergy code": "kumquat-allergy-0001",
    "note": "afraid of her neighbour Bilby",
    "delegated token": "delegated-axolotl-token",
    "comment": "patient shouted pangolin",
    "hookInstance": "visit of Mrs Dugongsky",
    "client id": "client-echidna",
    "issuer": "https://aardwolf.test",
    "key id": "key-of-binturong",
    "jku": "https://capybara.test/keys",
    "jti": "jti-of-the-fossa",
    "server": "https://gerenuk.test/fhir",
    "error text": "no chart for Saigaskaya",
    "service": "markhor-checks",
    "query": "tarsier=ivanova",
    "trace state": "vicugna-state",
    "baggage": "galago-luggage",
    "agent": "Kinkajou/1.0",
    "element": "solenodonField",
    "cookie": "session=quokka",
}


def forms(value: str) -> set[str]:
    """The forms in which a value would still be recognised, in lower case."""
    raw = value.encode()
    digests = (hashlib.new(kind, raw).hexdigest()[:12] for kind in ("md5", "sha1", "sha256"))
    packed = base64.b64encode(raw).decode().rstrip("=")[:-1]
    found = {value, quote(value), quote(value, safe=""), raw.hex(), packed, *digests}
    return {form.lower() for form in found | {value.replace(" ", "+")}}


def seen(texts: Iterable[str | bytes]) -> set[str]:
    """What of the planted values is to be seen, by what they stand for."""
    told = "\n".join(
        text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in texts
    ).lower()
    return {name for name, value in PLANTED.items() if any(f in told for f in forms(value))}
