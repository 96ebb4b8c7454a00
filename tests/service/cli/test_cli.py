"""The `cardwise` command: its words, its answers, and its exit status."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rules._load import load
from service.cli import main
from tests.ehr import allergy
from tests.rules.imports.rrf import release
from tests.site_rules import FIRES, SiteRules

ROOT = Path(__file__).parents[3]
COMMANDS = (
    "serve",
    "test",
    "try",
    "request",
    "rules list",
    "rules show",
    "rules new",
    "rules check",
    "rules pages",
    "knowledge show",
    "knowledge import",
    "audit export",
)
Cardwise = Callable[..., tuple[int, str]]


@pytest.fixture
def cardwise(capsys: pytest.CaptureFixture[str]) -> Cardwise:
    """Runs the command in this process; gives its exit status and all it printed."""

    def run(*words: str) -> tuple[int, str]:
        status = main(list(words))
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_by_example(cardwise: Cardwise, command: str) -> None:
    """Its help has an example of it."""
    status, told = cardwise(*command.split(), "--help")
    assert status == 0
    assert f"cardwise {command}" in told.partition("Usage:")[2].partition("\n")[2]


def test_help_lists_every_command(cardwise: Cardwise) -> None:
    """Each command and group is listed with what it does."""
    told = cardwise("--help")[1]
    assert all(command.partition(" ")[0] in told for command in COMMANDS)


@pytest.mark.parametrize("words", [("tset",), ("test", "--nonsense"), ("rules", "show"), ("try",)])
def test_what_is_not_understood_ends_with_two(cardwise: Cardwise, words: tuple[str, ...]) -> None:
    """A wrong word is a usage error."""
    assert cardwise(*words)[0] == 2


@pytest.mark.parametrize(
    "words",
    [
        ("test", "no-such-rule"),
        ("rules", "show", "no-such-rule"),
        ("request", "drug-allergy/no_such_case"),
        ("try", "no-such-chart"),
        ("try", "penicillin-anaphylaxis", "--hook", "order-dance"),
        ("try", "penicillin-anaphylaxis", "--order", "no such drug"),
    ],
)
def test_what_is_not_there_is_said_in_a_line(cardwise: Cardwise, words: tuple[str, ...]) -> None:
    """A name that means nothing is told in a line that says what there is, with status 2."""
    status, told = cardwise(*words)
    assert status == 2
    assert told.startswith("cardwise: ")
    assert "Traceback" not in told


def test_tests_of_a_rule(cardwise: Cardwise) -> None:
    """One rule's cases run, and its branches are counted."""
    status, told = cardwise("test", "unrecognized-allergy")
    assert status == 0
    assert "unrecognized-allergy: ok" in told
    assert "branches taken" in told


def test_failing_tests_end_with_one(cardwise: Cardwise, site: SiteRules, tmp_path: Path) -> None:
    """A case that does not hold is reviewed once, and the JUnit report is there."""
    site.usual().case("fires", FIRES, cards=[])
    report = tmp_path / "report.xml"
    status, told = cardwise("test", str(site.directory), "--junit", str(report))
    assert status == 1
    assert told.count("card 1 was not expected") == 1
    assert report.read_bytes().startswith(b"<?xml")


def test_update_shows_the_diff_and_then_passes(cardwise: Cardwise, site: SiteRules) -> None:
    """What is found is written, shown as a diff, and holds when the cases run again."""
    site.usual().case("fires", FIRES, cards=[{"indicator": "critical"}])
    status, told = cardwise("test", str(site.rule), "--update")
    assert status == 0
    assert '-      "indicator": "critical"' in told
    assert '+      "indicator": "warning"' in told
    assert cardwise("test", str(site.rule))[0] == 0


def test_update_leaves_known_wrong_alone(cardwise: Cardwise, site: SiteRules) -> None:
    """What a known-wrong case expects is what would be right, and stays."""
    changes = {"why": "Not yet.", "today": "2026-11-22", "cards": [], "known_wrong": "Soon."}
    path = site.usual().case("wrong", FIRES, **changes)
    before = path.read_text()
    status, told = cardwise("test", str(site.rule), "--update")
    assert (status, path.read_text()) == (0, before)
    assert "known wrong: an_order/wrong: Soon." in told


def test_update_writes_no_silence_for_a_rule_that_breaks(
    cardwise: Cardwise, site: SiteRules
) -> None:
    """Where the rule gave no answer, the case stays as it is, and fails."""
    path = site.usual().rule / "__init__.py"
    path.write_text(path.read_text().replace("        if chart.allergies:", "        if 1 / 0:"))
    before = (site.rule / "cases" / "fires.json").read_text()
    status, told = cardwise("test", str(site.rule), "--update")
    assert (status, (site.rule / "cases" / "fires.json").read_text()) == (1, before)
    assert "ZeroDivisionError" in told


def test_a_trial_that_asks_no_rule_says_so(cardwise: Cardwise) -> None:
    """Where no rule answers the hook, nobody may take the silence for an all clear."""
    words = ("try", "empty-allergy-list", "--hook", "patient-view", "--rule", "drug-allergy")
    told = cardwise(*words)[1]
    assert "no rule was asked" in told
    assert "everything was checked" not in told


def test_rules_are_listed_and_shown(cardwise: Cardwise) -> None:
    """Each rule is in the list; its page is shown by id."""
    listed = cardwise("rules", "list")[1]
    assert all(rule.id in listed and rule.title in listed for rule in load())
    told = cardwise("rules", "show", "drug-allergy")[1]
    assert "When it stays silent" in told


def test_the_house_passes_its_own_check(cardwise: Cardwise) -> None:
    """Our rules have nothing that `rules check` would say."""
    assert cardwise("rules", "check")[0] == 0


def test_check_finds_what_is_unfinished(cardwise: Cardwise, site: SiteRules) -> None:
    """A placeholder, a missing link and a case that is none are told with their place."""
    site.usual().case("bent", FIRES, hook="order-dance")
    path = site.rule / "__init__.py"
    text = path.read_text().replace("It is there for tests.", "TODO: say why.")
    path.write_text(text.replace("A test. https://example.org/guideline\n", "A test.\n"))
    status, told = cardwise("rules", "check", str(site.directory))
    assert status == 1
    assert "Why it matters still holds a placeholder" in told
    assert "Evidence names no link" in told
    assert "bent.json" in told


def test_pages_are_written(cardwise: Cardwise, tmp_path: Path) -> None:
    """A page for each rule and a list, whose links lead from one file to another."""
    assert cardwise("rules", "pages", str(tmp_path / "out"))[0] == 0
    index = (tmp_path / "out" / "index.html").read_text()
    for rule in load():
        assert f'href="{rule.id}.html"' in index
        page = (tmp_path / "out" / f"{rule.id}.html").read_text()
        assert 'href="index.html"' in page
        assert 'href="/' not in page


def test_an_order_is_tried_on_a_chart(cardwise: Cardwise) -> None:
    """The card is shown as a clinician would see it: urgency, fact, suggestion, reasons, source."""
    status, told = cardwise("try", "penicillin-anaphylaxis", "--order", "308191")
    assert status == 0
    for text in ("CRITICAL", "Remove amoxicillin", "Keep it because", "doi.org"):
        assert text in told


def test_a_trial_explains_itself(cardwise: Cardwise) -> None:
    """With --explain: keys with states, what the rule read, and why the others did not run."""
    words = ("try", "penicillin-anaphylaxis", "--order", "308191", "--explain")
    told = cardwise(*words)[1]
    assert "allergy list: fetched, 1 resource" in told
    assert "read allergies: Penicillin" in told
    assert "unrecognized-allergy 1.0.0: does not answer order-sign" in told


def test_a_site_s_rule_is_tried_by_its_path(cardwise: Cardwise, site: SiteRules) -> None:
    """A rule that is not the house's is tried alone, on any Bundle."""
    chart = site.usual().chart("mine", allergy())
    words = ("try", str(chart), "--order", "308191", "--rule", str(site.rule))
    told = cardwise(*words)[1]
    assert "1 on the allergy list" in told


def test_silence_is_said(cardwise: Cardwise) -> None:
    """Where there is no card, that is said in words."""
    told = cardwise("try", "empty-allergy-list", "--order", "308191")[1]
    assert "No card: everything was checked" in told


def test_an_order_that_could_be_several_is_listed(cardwise: Cardwise) -> None:
    """Words that fit several drugs are answered with their codes, where nobody can be asked."""
    status, told = cardwise("try", "penicillin-anaphylaxis", "--order", "amoxicillin 500 mg")
    assert status == 2
    assert "amoxicillin 500 MG Oral Capsule  (308191)" in told
    assert "--order" in told


def test_a_drug_s_own_name_is_enough(cardwise: Cardwise) -> None:
    """A name that is exactly one drug's needs no choice."""
    name = "Amoxicillin 500 mg oral capsule"
    assert "CRITICAL" in cardwise("try", "penicillin-anaphylaxis", "--order", name)[1]


def test_knowledge_is_shown_with_its_rows(cardwise: Cardwise) -> None:
    """A product's ingredients and classes, and the row it comes from."""
    told = cardwise("knowledge", "show", "308191")[1]
    assert "ingredient amoxicillin (RxNorm 723)" in told
    assert "class penicillins" in told
    assert "Row of products.tsv" in told


def test_knowledge_tells_what_reacts_alike_and_what_else_is_inside(cardwise: Cardwise) -> None:
    """Cross-reactivity and inactive ingredients are told with their strength and source."""
    told = cardwise("knowledge", "show", "cephalexin")[1]
    assert "cross-reactivity with cefaclor: high, identical R1 side chain" in told
    assert "contains peanut oil (Oral Capsule; " in cardwise("knowledge", "show", "progesterone")[1]
    assert (
        "in propofol, any form: egg lecithin (strength none"
        in cardwise("knowledge", "show", "egg")[1]
    )


def test_what_is_not_known_ends_with_one(cardwise: Cardwise) -> None:
    """A word that means nothing is said not to be known."""
    status, told = cardwise("knowledge", "show", "qwertzuiop")
    assert (status, "not known here" in told) == (1, True)


def test_what_was_imported_is_known(
    cardwise: Cardwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release and an allergen list are told, and then shown like what ships."""
    archive = release(tmp_path / "RxNorm_full_01052026.zip")
    codes = [{"system": "http://snomed.info/sct", "code": "1", "display": "Allergy to alphacillin"}]
    listed = {"resourceType": "ValueSet", "expansion": {"contains": codes}}
    (tmp_path / "list.json").write_text(json.dumps(listed))
    into = tmp_path / "knowledge.sqlite"
    files = (str(archive), str(tmp_path / "list.json"))
    status, told = cardwise("knowledge", "import", *files, "--into", str(into))
    assert (status, "13 RxNorm concepts" in told, "1 allergens" in told) == (0, True, True)
    monkeypatch.setenv("CARDWISE_KNOWLEDGE", str(into))
    told = cardwise("knowledge", "show", "Alphamentin")[1]
    assert "ingredient alphacillin" in told
    assert "imported from RxNorm_full_01052026.zip on " in told
    assert "As an allergen: alphacillin" in cardwise("knowledge", "show", "1")[1]


def test_what_cannot_be_imported_says_why(cardwise: Cardwise, tmp_path: Path) -> None:
    """A file of another kind ends with two and a line on what was expected."""
    (tmp_path / "x.zip").write_text("no zip")
    words = (str(tmp_path / "x.zip"), "--into", str(tmp_path / "k.sqlite"))
    status, told = cardwise("knowledge", "import", *words)
    assert (status, "expected NLM's RxNorm zip" in told) == (2, True)


def test_the_audit_trail_is_exported(
    cardwise: Cardwise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a database that is not there nothing is made up: two, and what to set."""
    monkeypatch.setenv("CARDWISE_DATABASE", str(tmp_path / "none.sqlite"))
    status, told = cardwise("audit", "export", "--since", "2026-11-01")
    assert (status, "none.sqlite" in told) == (2, True)


def test_completion_offers_rules_and_cases() -> None:
    """The shell is offered the cases of a rule once its name stands."""
    environment = os.environ | {
        "_CARDWISE_COMPLETE": "complete_bash",
        "COMP_WORDS": "cardwise test unrecognized-allergy/fires",
        "COMP_CWORD": "2",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "service.cli"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout.split() == ["unrecognized-allergy/fires_on_free_text"]


def test_output_without_a_terminal_has_no_colour(cardwise: Cardwise) -> None:
    """Nothing that is piped holds an escape sequence."""
    words = ("try", "penicillin-anaphylaxis", "--order", "308191", "--explain")
    assert "\x1b" not in cardwise(*words)[1]


def test_the_command_of_a_checkout(tmp_path: Path) -> None:
    """`./cardwise` works from anywhere."""
    ended = subprocess.run(  # noqa: S603 - the script under test
        [str(ROOT / "cardwise"), "rules", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "drug-allergy" in ended.stdout


def test_curl_words(cardwise: Cardwise) -> None:
    """What `request` prints is one shell command that posts JSON to the case's service."""
    status, told = cardwise("request", "drug-allergy/fires_same_class", "--prefetched")
    words = shlex.split(told)
    assert (status, words[0]) == (0, "curl")
    assert words[2] == "http://127.0.0.1:8000/cds-services/order-safety"
    assert '"prefetch"' in words[-1]
    assert '"fhirServer"' not in words[-1]
