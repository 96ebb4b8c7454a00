"""A site's own names for code systems: in JSON and in resources, whatever is around them."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefetch.aliases import NO_ALIASES, Aliases
from prefetch.systems import ICD10CM, OIDS, RXNORM, SNOMED
from tests.strategies import Json, as_json, json_values, quick

LOCAL = {"https://site.test/codes/rx": RXNORM, "urn:oid:1.2.3": SNOMED, "site:icd": ICD10CM}
SITE = Aliases(LOCAL)
NAMES = st.dictionaries(
    st.from_regex(r"[!#-\[\]-~]{1,20}", fullmatch=True).filter(lambda name: name.strip("/")),
    st.sampled_from(list(OIDS)),
    max_size=4,
)


def read(page: bytes, aliases: Aliases = SITE) -> Json:
    """What JSON says once its code systems are called by their own names."""
    found: Json = msgspec.json.decode(aliases.pages((page,))[0])
    assert msgspec.json.decode(aliases.prefetch({"key": msgspec.Raw(page)})["key"]) == found
    return found


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b'{"system":"https://site.test/codes/rx","code":"1"}', RXNORM),
        (b'{"system" : "https:\\/\\/site.test\\/codes\\/rx"}', RXNORM),
        (b'{"system":\n" https://site.test/codes/rx/ "}', RXNORM),
        (b'{"system":"urn:oid:1.2.3"}', SNOMED),
        (b'{"system":"1.2.3"}', SNOMED),
        (b'{"system":"site:icd"}', ICD10CM),
        (b'{"system":"https://site.test/codes/rx2"}', "https://site.test/codes/rx2"),
        (b'{"system":"urn:oid:1.2.3.4"}', "urn:oid:1.2.3.4"),
        (b'{"system":"siteXicd"}', "siteXicd"),
    ],
)
def test_a_name_is_read_as_what_it_stands_for(page: bytes, expected: str) -> None:
    """However it is spelt in JSON; a name that only looks like it stays."""
    assert read(page)["system"] == expected
    assert SITE.resource(msgspec.json.decode(page))["system"] == expected


def test_only_systems_are_renamed() -> None:
    """The same words as a code, a display, or inside a text that quotes JSON, stay."""
    entry = {"code": "site:icd", "text": 'says "system":"site:icd"', "url": "urn:oid:1.2.3"}
    assert read(json.dumps(entry).encode()) == entry
    assert SITE.resource(entry) == entry


def test_what_is_known_needs_no_alias() -> None:
    """A name that already means the system is no work, and neither is no name at all."""
    page = b'{"system":"urn:oid:2.16.840.1.113883.6.88"}'
    known = Aliases({"urn:oid:2.16.840.1.113883.6.88": RXNORM})
    for aliases in (known, NO_ALIASES):
        pages, prefetch = (page,), {"key": msgspec.Raw(page)}
        resource = {"system": "urn:oid:2.16.840.1.113883.6.88"}
        assert aliases.pages(pages) is pages
        assert aliases.prefetch(prefetch) is prefetch
        assert aliases.resource(resource) is resource


def test_a_resource_is_not_changed_itself() -> None:
    """A draft order goes back to the site with the site's own names."""
    draft: Json = {"reasonCode": [{"coding": [{"system": "site:icd"}]}]}
    assert SITE.resource(draft) != draft
    assert draft == {"reasonCode": [{"coding": [{"system": "site:icd"}]}]}


@quick
@given(st.dictionaries(st.just("system") | st.text(max_size=3), json_values()), NAMES, st.data())
def test_json_and_resources_are_read_alike(
    value: Json, names: dict[str, str], data: st.DataObject
) -> None:
    """Whatever else is in it, renaming before decoding and after it come to the same."""
    aliases = Aliases(names)
    if names:
        value["coding"] = {"system": data.draw(st.sampled_from(list(names)))}
    assert read(as_json(value), aliases) == aliases.resource(value)
    assert read(as_json(value), NO_ALIASES) == value
