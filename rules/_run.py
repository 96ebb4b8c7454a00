"""Runs one rule: what it says, or how it ended. Whatever it does stays its own affair."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from hooks.cards import Card
from hooks.errors import InvalidAnswer, NotKnown, NotObtained, NotRead, RuleError
from prefetch.breaker import Breakers
from prefetch.chart import Chart
from prefetch.needs import Need
from prefetch.states import Reason
from rules._cards import Call, checked_gap, to_cards
from rules._finding import Finding, NotChecked
from rules._isolation import TooSlow, limited
from rules._knowledge.knowledge import Knowledge
from rules._rule import Rule
from rules._vetting import Vetting

_log: Final = logging.getLogger("cardwise.rules")
# Of the time for all rules, one may take a third; and a thirtieth at least is for each, so that
# those which take too long hide no other's card.
_MOST: Final = 3
_LEAST: Final = 30
_MOST_FINDINGS: Final = 100
_FAILED: Final = "the check itself failed"

End = Literal["ran", "blocked", "failed", "cut", "resting", "waiting"]
Lacking = list[tuple[Need, Reason]]


class TooMuch(Exception):
    """Raised for a rule that yields and yields."""


_CUT: Final = {TooSlow: "took too long", TooMuch: "found too much"}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a rule ended.

    Attributes:
        end: in a word.
        cards: what it found.
        gaps: what was not checked.
        lacking: the data it could not do without.
        waits_for: the data it came to that nobody has read yet.
    """

    end: End
    cards: tuple[Card, ...] = ()
    gaps: tuple[NotChecked, ...] = ()
    lacking: tuple[tuple[Need, Reason], ...] = ()
    waits_for: tuple[Need, ...] = ()


class Runner:
    """Runs the rules of one call, one after the other."""

    def __init__(
        self,
        rules: Sequence[Rule],
        know: Knowledge,
        call: Call,
        seconds: float,
        breakers: Breakers | None = None,
    ) -> None:
        """Prepare for one call.

        Args:
            rules: all rules of the call: each is asked of what another suggests.
            know: the knowledge tables.
            call: what cards need to know of the call.
            seconds: processor time for all rules; one may take a third.
            breakers: those of the rules, which outlive the call; None switches no rule off.
        """
        self._know = know
        self._vetting = Vetting(rules, know)
        self._call = call
        self._breakers = breakers
        self._seconds = seconds
        self._left = seconds

    def run(self, rule: Rule, chart: Chart) -> Ended:
        """Run a rule on the patient's chart. It never raises."""
        lacking = [(n, r) for n, r in missing(rule, chart) if not _has(chart, n)]
        if lacking:
            return _blocked(rule, lacking)
        if self._breakers is None:
            return self._attempt(rule, chart)
        key = f"{rule.id}@{rule.digest}"
        if not self._breakers.admits(key):
            return _gone(rule, "resting", "the check failed repeatedly, and rests for a while")
        ended = self._attempt(rule, chart)
        if ended.end == "waiting":
            self._breakers.gave_up(key)  # it has its try still before it
            return ended
        broke = ended.end in ("failed", "cut")
        (self._breakers.failed if broke else self._breakers.succeeded)(key)
        return ended

    def _attempt(self, rule: Rule, chart: Chart) -> Ended:
        most = max(min(self._left, self._seconds / _MOST), self._seconds / _LEAST)
        began = time.process_time()
        try:
            return limited(lambda: self._answers(rule, chart), most)
        except NotObtained as gap:
            return _stopped(rule, gap)
        except NotRead as needs:
            return _waiting(rule, chart.unread((*rule.helped_by, *needs.args)))
        except (TooSlow, TooMuch) as end:
            return _gone(rule, "cut", f"the check {_CUT[type(end)]}, and was cut off")
        except (InvalidAnswer, RuleError) as error:
            return _gone(rule, "failed", _FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - whatever breaks in a rule stays in that rule
            return _gone(rule, "failed", _FAILED, type(error).__name__)
        finally:
            self._left -= time.process_time() - began

    def _answers(self, rule: Rule, chart: Chart) -> Ended:
        """What a rule says.

        Raises:
            InvalidAnswer: it yielded what no card may have.
            TooMuch: it yielded too many findings.
        """
        found: list[Finding | NotChecked] = []
        findings = rule.findings(chart, self._know)
        try:
            for finding in findings:
                found.append(finding)
                if len(found) > _MOST_FINDINGS:
                    raise TooMuch
        except NotKnown as unknown:
            found.append(NotChecked(rule.checks, unknown.why))
        finally:
            findings.close()
        sound = [self._vetting.vetted(f, chart) for f in found if isinstance(f, Finding)]
        cards = to_cards(rule, sound, self._call)
        gaps = [checked_gap(f) for f in found if not isinstance(f, Finding)]
        if rule.stale:
            gaps.append(gap_of(rule.checks, "the rule's new text cannot be used, the earlier was"))
        return Ended("ran", tuple(cards), tuple(gaps))


def missing(rule: Rule, chart: Chart) -> Lacking:
    """The required data that is missing or not whole, each with the reason."""
    found = ((need, chart.data(need.key)) for need in rule.needs)
    return [(need, data.reason) for need, data in found if data and data.reason]


def _has(chart: Chart, need: Need) -> bool:
    data = chart.data(need.key)
    return data is not None and data.obtained


def gap_of(what: str, why: str) -> NotChecked:
    """A whole check that was not made."""
    return NotChecked(what, why, "warning")


def _blocked(rule: Rule, lacking: Lacking) -> Ended:
    words = [(need.words, reason.words) for need, reason in lacking]
    gaps = [gap_of(rule.checks, f"the {what} could not be read: {why}") for what, why in words]
    return Ended("blocked", (), tuple(gaps), tuple(lacking))


def _stopped(rule: Rule, gap: NotObtained) -> Ended:
    """How a rule ends that read what was not obtained."""
    lacking = [(n, Reason(gap.reason)) for n in rule.queries if n.key == gap.key]
    if lacking:
        return _blocked(rule, lacking)
    return _gone(rule, "failed", _FAILED, f"its needs do not name {gap.key}")


def _waiting(rule: Rule, unread: tuple[Need, ...]) -> Ended:
    """How a rule ends for now that came to what nobody has read yet: all that helps it is read."""
    if not unread:
        return _gone(rule, "failed", _FAILED, "its needs do not name what it reads")
    return Ended("waiting", waits_for=unread)


def _gone(rule: Rule, end: End, why: str, error: str = "") -> Ended:
    if end != "resting":
        _log.error("rule %s %s: %s", rule.id, end, error or why)
    return Ended(end, (), (gap_of(rule.checks, why),))
