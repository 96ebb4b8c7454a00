"""Code systems: the canonical URL of each, and the other names senders give it.

Sources: FHIR R4 "Using Codes in resources" (https://hl7.org/fhir/R4/terminologies-systems.html)
for URLs and OIDs; the aliases marked "seen" come from answers of vendors' public sandboxes.
"""

from functools import lru_cache
from typing import Final

RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED: Final = "http://snomed.info/sct"
NDC: Final = "http://hl7.org/fhir/sid/ndc"
NDFRT: Final = "http://hl7.org/fhir/ndfrt"
UNII: Final = "http://fdasis.nlm.nih.gov"
ICD10CM: Final = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10: Final = frozenset({ICD10CM, "http://hl7.org/fhir/sid/icd-10"})
LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"

_ALIASES: Final = {
    "urn:oid:2.16.840.1.113883.6.88": RXNORM,
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.69": NDC,
    "urn:oid:2.16.840.1.113883.3.26.1.5": NDFRT,  # seen
    "urn:oid:2.16.840.1.113883.4.9": UNII,
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM,
    "urn:oid:2.16.840.1.113883.6.1": LOINC,
}


@lru_cache(maxsize=1024)
def canonical(system: str) -> str:
    """The canonical URL of a code system given by URL or OID; unknown systems stay as sent."""
    name = system.strip()
    if name in _ALIASES:
        return _ALIASES[name]
    if name[:1].isdigit():  # a bare OID, without its urn:oid: prefix
        return _ALIASES.get(f"urn:oid:{name}", name)
    return name.rstrip("/")
