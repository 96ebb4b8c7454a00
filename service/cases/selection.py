"""Which rules and cases are meant by the words on a command line."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hooks.errors import CaseError
from rules._load import folders, load_folder
from rules._rule import Rule
from service.cases.case import Case, cases_of, read
from service.cases.table import table_of


@dataclass(frozen=True)
class Selection:
    """A rule, and those of its cases that were asked for.

    Attributes:
        rule: the rule.
        cases: the cases.
        whole: whether these are all cases of the rule.
    """

    rule: Rule
    cases: list[Case]
    whole: bool = True


def everything(rules: Iterable[Rule]) -> list[Selection]:
    """All cases of some rules, and the rows of their tables."""
    return [Selection(rule, [*cases_of(rule.folder), *table_of(rule)]) for rule in rules]


def selected(words: Sequence[str], rules: Sequence[Rule]) -> list[Selection]:
    """What some words mean: a rule's id, `rule/case`, or a path of rule, case, table, directory.

    Raises:
        CaseError: a word means nothing.
        RuleError: a rule cannot be loaded.
    """
    if not words:
        return everything(rules)
    found: dict[Path, Selection] = {}
    for word in words:
        for one in _meant(word, rules):
            earlier = found.get(one.rule.folder)
            found[one.rule.folder] = _joined(earlier, one) if earlier else one
    return list(found.values())


def awake(rule: Rule) -> Rule:
    """The rule as it would be were it active: its cases say what it would show."""
    return replace(rule, status="active")


def folders_called(words: Sequence[str], every: Callable[[], Iterable[Rule]]) -> list[Path]:
    """The rule folders that some words mean, whether or not the rules in them can be loaded.

    Raises:
        CaseError: a word means nothing.
    """
    if not words:
        return [rule.folder for rule in every()]
    found: list[Path] = []
    for word in words:
        path = Path(word)
        if path.is_dir():
            own = (path / "__init__.py").is_file()
            found += [path.resolve()] if own else folders(path.resolve())
        else:
            found.append(rule_called(word, list(every())).folder)
    return found


def rule_called(word: str, rules: Sequence[Rule]) -> Rule:
    """The rule of that id, or at that path.

    Raises:
        CaseError: there is none.
    """
    named = word.replace("_", "-")
    found = next((rule for rule in rules if rule.id == named), None)
    if found is not None:
        return found
    if (Path(word) / "__init__.py").is_file():
        return load_folder(Path(word).resolve())
    known = ", ".join(rule.id for rule in rules)
    raise CaseError(f"there is no rule {word!r}; name the path of its folder, or one of {known}")


def _meant(word: str, rules: Sequence[Rule]) -> list[Selection]:
    path = Path(word)
    if path.suffix == ".json" and path.is_file():
        return [_one_case(path.resolve())]
    if path.name == "table.tsv" and path.parent.name == "cases" and path.is_file():
        about = load_folder(path.resolve().parent.parent)
        return [Selection(about, list(table_of(about)), whole=False)]
    if path.is_dir() and not (path / "__init__.py").is_file():
        inside = path.parent if path.name == "cases" else None
        within = [inside.resolve()] if inside else folders(path.resolve())
        if not within:
            raise CaseError(f"{word}: there is no rule in this directory")
        return everything(map(load_folder, within))
    rule, slash, name = word.partition("/")
    if slash and not path.exists():
        return [_one_case(rule_called(rule, rules).folder / "cases" / f"{name}.json")]
    return everything([rule_called(word, rules)])


def _one_case(path: Path) -> Selection:
    return Selection(load_folder(path.parent.parent), [read(path)], whole=False)


def _joined(one: Selection, other: Selection) -> Selection:
    cases = {(case.path, case.line): case for case in (*one.cases, *other.cases)}
    return Selection(one.rule, list(cases.values()), one.whole or other.whole)
