"""A configuration that cannot be used: told by file, key and remedy, and never by its values."""

import json
from pathlib import Path

import pytest

from hooks.errors import ConfigurationError
from prefetch.systems import RXNORM, SNOMED
from rules._load import load
from service.settings import Settings
from service.tenants.load import load_sites
from tests.callers import ec, key_set, public

GOOD = """
[tenants.a]
fhir = [{ base = "https://fhir.a.test/r4" }]
[tenants.a.trust]
issuers = ["https://a.test"]
jku = ["https://a.test/keys"]
"""


FHIR = "tenants.a.fhir.0"
MEDICATIONS = "MedicationRequest?patient={{context.patientId}}"


def server(more: str) -> str:
    """The configuration with more in the FHIR server's table."""
    return GOOD.replace('/r4" }]', f'/r4", {more} }}]')


def told(folder: Path, config: str, mode: str = "development") -> list[str]:
    """The lines that a configuration is refused with."""
    file = folder / "sites.toml"
    file.write_text(config)
    with pytest.raises(ConfigurationError) as refusal:
        load_sites(file, Settings.model_validate({"mode": mode}), load())
    lines = str(refusal.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    return [line.removeprefix(f"{file}: ") for line in lines]


WRONG = [
    ("no TOML", "[tenants", "Expected ']'"),
    ("empty", "", "tenants: is missing"),
    ("no tenant", "[tenants]", "tenants: "),
    ("tenants a list", "tenants = []", "tenants: "),
    ("a tenant no table", "[tenants]\na = 1", "tenants.a: "),
    ("unknown table", GOOD + "[tenant.b]", "tenant: no such key; use tenants"),
    ("an id with a space", GOOD.replace("tenants.a", 'tenants."a b"'), "tenants.a b.[key]: "),
    ("no trust", "[tenants.a]", "tenants.a.trust: is missing. Whose tokens"),
    ("no issuers", "[tenants.a.trust]", "tenants.a.trust.issuers: is missing. Values of iss"),
    ("issuers empty", GOOD.replace('["https://a.test"]', "[]"), "tenants.a.trust.issuers: "),
    ("an issuer empty", GOOD.replace('["https://a.test"]', '[""]'), "tenants.a.trust.issuers.0: "),
    ("no keys", GOOD.replace("jku", "#"), "tenants.a.trust: set jku, jwks_file or jwks"),
    ("misspelt key", GOOD + "issuer = 1", "tenants.a.trust.issuer: no such key; use issuers, jku,"),
    ("misspelt table", GOOD + "[tenants.a.rule]", "tenants.a.rule: no such key; use preset, name,"),
    (
        "unknown preset",
        GOOD.replace("fhir =", 'preset = "x"\nfhir ='),
        "tenants.a.preset: there is",
    ),
    (
        "unknown service",
        GOOD + "[tenants.a.services]\nx = 'on'",
        "tenants.a.services.x: there is none; use order-safety",
    ),
    (
        "unknown cell of the policy",
        GOOD + "[tenants.a.urgency]\n'same-class/high' = { minor = 'loud' }",
        'tenants.a.urgency."same-class/high".minor = "loud": rows are cross-reactive/high',
    ),
    (
        "unknown rule",
        GOOD + "[tenants.a.rules]\nx = 'on'",
        "tenants.a.rules.x: there is none; use active-",
    ),
    (
        "unknown switch",
        GOOD + "[tenants.a.rules]\ndrug-allergy = 'maybe'",
        "tenants.a.rules.drug-allergy: ",
    ),
    ("HMAC", GOOD + "algorithms = ['HS256']", "tenants.a.trust.algorithms.0: use asymmetric"),
    ("none", GOOD + "algorithms = ['none']", "tenants.a.trust.algorithms.0: use asymmetric"),
    ("endless tokens", GOOD + "max_lifetime = 86400", "tenants.a.trust.max_lifetime: "),
    ("a leeway of hours", GOOD + "leeway = 7200", "tenants.a.trust.leeway: "),
    ("no deadline", GOOD.replace("fhir =", "deadline = 0\nfhir ="), "tenants.a.deadline: "),
    ("no calls", GOOD + "[tenants.a.budget]\nper_minute = 0", "tenants.a.budget.per_minute: "),
    ("jku no URL", GOOD.replace("https://a.test/keys", "a.test/keys"), "tenants.a.trust.jku.0: "),
    (
        "jku with a user",
        GOOD.replace("https://a.test/keys", "https://x@a.test/keys"),
        "tenants.a.trust.jku.0: ",
    ),
    ("jku with a fragment", GOOD.replace("/keys", "/keys#x"), "tenants.a.trust.jku.0: "),
    ("jku in capitals", GOOD.replace("a.test/keys", "A.test/keys"), "tenants.a.trust.jku.0: "),
    (
        "jku by http",
        GOOD.replace("https://a.test/keys", "http://a.test/keys"),
        "tenants.a.trust.jku: write an https",
    ),
    (
        "FHIR by http",
        GOOD.replace("https://fhir", "http://fhir"),
        "tenants.a.fhir.0.base: write an https",
    ),
    (
        "a FHIR server twice",
        GOOD.replace("fhir = [", 'fhir = [{ base = "https://fhir.a.test/r4/" }, '),
        "tenants.a.fhir: write each base once. FHIR servers",
    ),
    *(
        (
            f"header {name} = {value}",
            server(f"headers = {{ {name} = {value!r} }}"),
            f"{FHIR}.headers.",
        )
        for name, value in [
            *((name, "x") for name in ("Authorization", "hOST", "Cookie", "Proxy-Authorization")),
            *(
                (name, "x")
                for name in ("Accept", "Connection", "Content-Length", "'a b'", "'a\\n'")
            ),
            *(("x-a", value) for value in ("", " x", "é")),
        ]
    ),
    *(
        (f"query {name} = {value}", server(f"query = {{ {name} = {value!r} }}"), f"{FHIR}.query.")
        for name, value in [
            *(
                (name, "x")
                for name in ("patient", "subject", "'patient:Patient'", "'subject.name'")
            ),
            *((name, "x") for name in ("_id", "'a b'", "'a&b'", "''")),
            *(("a", value) for value in ("", " x", "é")),
        ]
    ),
    ("a header of two lines", server('headers = { x = "a\\r\\nb: c" }'), f"{FHIR}.headers.x: "),
    ("a parameter of two lines", server('query = { x = "a\\nb" }'), f"{FHIR}.query.x: "),
    *(
        (f"query for {key}: {template}", GOOD + f"[tenants.a.prefetch]\n{key} = {template!r}", told)
        for key, template, told in [
            (
                "problems",
                "Condition?patient={{context.patientId}}",
                "problems: there is none; use ",
            ),
            ("medications", "MedicationRequest?status=active", "medications: keep "),
            ("medications", "MedicationRequest", "medications: keep "),
            ("medications", "Medication?patient={{context.patientId}}", "medications: keep "),
            ("medications", "MedicationRequest?patient={{context.userId}}", "medications: keep "),
            ("medications", "MedicationRequest?patient=7", "medications: keep "),
            (
                "medications",
                f"{MEDICATIONS}&subject={{{{context.patientId}}}}",
                "medications: keep ",
            ),
            ("medications", f"https://b.test/{MEDICATIONS}", "medications: keep "),
            ("medications", f"{MEDICATIONS}&x={{{{context.nothing}}}}", "medications: "),
            ("medications", f"{MEDICATIONS}&x={{{{", "medications: "),
            (
                "medications",
                f"{MEDICATIONS}&x={{{{%allergies.id}}}}",
                "medications: it may not refer",
            ),
            ("medications", f"{MEDICATIONS}&x=a b", "medications: write it as in a URL"),
            ("medications", f"{MEDICATIONS}&x=a#b", "medications: write it as in a URL"),
        ]
        for told in [f"tenants.a.prefetch.{told}"]
    ),
    (
        "unknown answer",
        GOOD.replace("fhir =", "when_unchecked = '500'\nfhir ="),
        "tenants.a.when_u",
    ),
    (
        "unknown type of action",
        GOOD + "[tenants.a.actions]\ntypes = ['patch']",
        "tenants.a.actions.types.0: ",
    ),
    (
        "a code system that is not known",
        GOOD + "[tenants.a.code_systems]\n'a:b' = 'http://nowhere.test'",
        "tenants.a.code_systems.a:b: use one of http://",
    ),
    (
        "a name that is another system's",
        GOOD + f"[tenants.a.code_systems]\n'{RXNORM}' = '{SNOMED}'",
        f"tenants.a.code_systems: {RXNORM} is known to be another code system; take it out. Its",
    ),
    *(
        (f"a name like {name!r}", GOOD + f"[tenants.a.code_systems]\n{name!r} = '{SNOMED}'", told)
        for name in ("a b", 'a"b', "", "/", "urn:oid:", "urn:oid:/")
        for told in [f"tenants.a.code_systems.{name}.[key]: "]
    ),
    (
        "FHIR without a base",
        GOOD.replace('base = "https://fhir.a.test/r4"', ""),
        "tenants.a.fhir.0.base: is missing. Base URL",
    ),
    ("keys of nobody", GOOD + "jwks = {}", "tenants.a.trust.jwks: write a JWK Set"),
    ("no key", GOOD + "jwks = { keys = [] }", "tenants.a.trust.jwks: no key in it can be used"),
    (
        "no key file",
        GOOD + "jwks_file = 'nowhere.json'",
        "tenants.a.trust.jwks_file: cannot be read",
    ),
    (
        "keys twice",
        GOOD + "jwks_file = 'x'\njwks = { keys = [{}] }",
        "tenants.a.trust.jwks: take it out",
    ),
    (
        "the same tenant twice",
        GOOD + GOOD.replace("tenants.a", "tenants.b"),
        "tenants.b.trust.issuers: a has",
    ),
]


@pytest.mark.parametrize(("config", "line"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_what_is_wrong_is_told_by_its_key(tmp_path: Path, config: str, line: str) -> None:
    """One line that begins with the file and the key, and says what to do."""
    (found,) = told(tmp_path, config)
    assert found.startswith(line), found


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    """Each mistake has its line."""
    lines = told(tmp_path, "[tenants.a]\ndeadline = -1\nx = 1\n[tenants.b.trust]\nissuers = 7")
    assert [line.partition(": ")[0] for line in lines] == [
        "tenants.a.trust",
        "tenants.a.deadline",
        "tenants.a.x",
        "tenants.b.trust.issuers",
    ]


def test_values_are_not_repeated(tmp_path: Path) -> None:
    """A value in the wrong place may be a secret."""
    assert "sekret" not in str(told(tmp_path, GOOD + "leeway = 'sekret'\nx = 'sekret'"))


def test_a_missing_file_names_the_variable(tmp_path: Path) -> None:
    """Who set the wrong path reads which variable to set."""
    with pytest.raises(ConfigurationError, match="set CARDWISE_CONFIG to the file's path"):
        load_sites(tmp_path / "none.toml", Settings(), load())


def test_keys_that_fit_no_algorithm_are_told(tmp_path: Path) -> None:
    """A key set without a key for the algorithms agreed on would refuse every call."""
    (tmp_path / "keys.json").write_text(json.dumps(key_set(public(ec("P-256")))))
    (line,) = told(tmp_path, GOOD + "jwks_file = 'keys.json'")
    assert "fits ES384 or RS384" in line


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/keys", "http://localhost:9/keys"])
def test_plain_http_is_for_this_machine_in_development(tmp_path: Path, url: str) -> None:
    """Loopback may be plain in development, and nothing may in production."""
    config = GOOD.replace("https://a.test/keys", url)
    (tmp_path / "sites.toml").write_text(config)
    assert load_sites(tmp_path / "sites.toml", Settings(), load()).by_id["a"]
    assert told(tmp_path, config, "production") == ["tenants.a.trust.jku: write an https URL"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tenant = 'a'", "tenant = 'b'"),
        ("subjects = ['a', 'x']", "subjects = ['b']"),
        ("", "jku = ['https://b.test/keys']"),
    ],
)
def test_tenants_may_share_an_issuer(tmp_path: Path, one: str, other: str) -> None:
    """As long as no token could be for both of them."""
    second = GOOD.replace("tenants.a", "tenants.b")
    second = second.replace('jku = ["https://a.test/keys"]', "") if "jku" in other else second
    (tmp_path / "sites.toml").write_text(GOOD + one + second + other)
    assert len(load_sites(tmp_path / "sites.toml", Settings(), load()).by_id) == 2
