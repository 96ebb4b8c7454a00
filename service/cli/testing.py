"""Running cases and telling what came of them."""

import contextlib
import subprocess
import sys
from pathlib import Path

from rules._load import folders
from rules._places import shown
from service.cases import junit as xml
from service.cases.outcome import reviews
from service.cases.report import Report, Run, run
from service.cases.selection import Selection, selected
from service.cases.update import diff, rewritten
from service.cases.variants import FETCHED
from service.cli.here import rules_here
from service.cli.output import console, count, say


def once(words: list[str], junit: Path | None, *, update: bool = False) -> bool:
    """Run the cases that the words mean, and tell; whether all is well."""
    result = _run(words)
    if update and _updated(result):
        result = _run(words)
    for report in result.reports:
        _tell(report)
    for fault in result.faults:
        say(fault, "red")
    _sum_up(result)
    if junit:
        xml.write(junit, result.outcomes, result.every_fault, result.seconds)
    return result.passed


def watch_and_repeat(words: list[str]) -> None:
    """Run the cases again, in a fresh process, whenever a file of theirs changes."""
    from watchfiles import watch

    watched = {one.rule.folder.parent for one in selected(words, rules_here())}
    say(f"Watching {', '.join(map(str, sorted(watched)))}; Ctrl-C ends it.", "dim")
    with contextlib.suppress(KeyboardInterrupt):
        for _ in watch(*watched):
            subprocess.run(  # noqa: S603 - this very command
                [sys.executable, "-m", "service.cli", "test", *words], check=False
            )


def _run(words: list[str]) -> Run:
    selections = selected(words, rules_here())
    with console().status("Running cases") as status:
        return run(selections, _whole(selections), lambda r: status.update(r.selection.rule.id))


def _whole(selections: list[Selection]) -> list[Path]:
    """The directories of which every rule was asked for."""
    asked = {one.rule.folder for one in selections if one.whole}
    return [d for d in sorted({f.parent for f in asked}) if asked.issuperset(folders(d))]


def _updated(result: Run) -> bool:
    """Write what was found into the cases, and show the changes; whether there are any."""
    changed = False
    for outcome in result.outcomes:
        case = outcome.case
        writable = outcome.answered and not (case.written.known_wrong or case.line)
        if outcome.variant == FETCHED.name and outcome.differences and writable:
            text = rewritten(outcome)
            sys.stdout.write(diff(case, text))
            case.path.write_text(text, encoding="utf-8")
            changed = True
    return changed


def _tell(report: Report) -> None:
    counts = [count(report.selection.cases, "case"), count(report.outcomes, "run")]
    if known := [outcome for outcome in report.outcomes if outcome.known_wrong]:
        counts.append(f"{len(known)} known wrong")
    verdict = "ok" if report.passed else "FAILED"
    style = "green" if report.passed else "bold red"
    say(f"{report.selection.rule.id}: {verdict}, {', '.join(counts)}", style)
    for outcome in known:
        say(f"  known wrong: {outcome.case.id}: {outcome.case.written.known_wrong}")
    for review in reviews(report.failed):
        say(f"\n{review}")
    for fault in report.faults:
        say(f"  {fault}", "red")
    if report.selection.whole:
        _tell_branches(report)


def _tell_branches(report: Report) -> None:
    every, never = report.branches.every, report.branches.never
    if every:
        say(f"  branches taken: {len(every) - len(never)} of {len(every)}", "dim")
    for branch in never:
        say(f"    {shown(branch.path)}:{branch.line}: {branch.text}", "yellow")


def _sum_up(result: Run) -> None:
    wrong = [outcome for outcome in result.outcomes if not outcome.passed]
    told = (
        f"{len(wrong) + len(result.every_fault)} to look at" if not result.passed else "as expected"
    )
    counts = f"{count(result.reports, 'rule')}, {count(result.outcomes, 'run')}"
    style = "green" if result.passed else "bold red"
    say(f"{counts} in {result.seconds:.2f} s: {told}", style)
