"""The vocabulary that rules are written in, as a page made from its docstrings."""

import inspect
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import rules

_HEAD: Final = """\
# The vocabulary

All that a rule may use, and all that it may import: `from rules import Chart, …`. This page is made
from the docstrings by `cardwise rules vocabulary`; edit those.
"""
#: Where a word is defined says what it is for; the first that fits counts.
_GROUPS: Final = (
    ("rules._rule", "The rule"),
    ("rules._table", "The rule"),
    ("rules._thresholds", "The rule"),
    ("prefetch.chart", "The chart"),
    ("prefetch.needs", "The data it needs"),
    ("prefetch", "What is on the chart"),
    ("rules._knowledge", "Knowledge"),
    ("rules._allergy", "Knowledge"),
    ("rules._text", "Words on cards"),
    ("", "Findings and suggestions"),
)
_SECTION: Final = re.compile(r"(Args|Attributes|Raises|Returns|Yields):")
_ITEM: Final = re.compile(r"([*\w]+): (.*)")


def page() -> str:
    """The page, as Markdown."""
    groups: dict[str, list[str]] = {title: [] for _, title in _GROUPS}
    for name in rules.__all__:
        groups[_group(name)].append(name)
    parts = [_HEAD]
    for title, names in groups.items():
        if names:
            parts.append(f"## {title}\n")
            parts += [_entry(name, getattr(rules, name)) for name in sorted(names, key=str.lower)]
    return "\n".join(parts)


def _group(name: str) -> str:
    thing = getattr(rules, name)
    module = thing.__name__ if isinstance(thing, ModuleType) else getattr(thing, "__module__", "")
    return next(title for start, title in _GROUPS if module.startswith(start))


def _entry(name: str, thing: Any) -> str:
    if isinstance(thing, ModuleType):
        return "\n".join([f"### {name}", "", *_prose(thing), "", *_values(name, thing), ""])
    if inspect.isclass(thing):
        return "\n".join([f"### {name}", "", *_prose(thing), "", *_members(thing), ""])
    if inspect.isfunction(thing):
        return "\n".join([f"### {_called(name, thing)}", "", *_prose(thing), ""])
    return f"### {name}\n\n`{_constant(thing)}`\n"


def _constant(thing: Any) -> str:
    return re.sub(r"\b(?:\w+\.)+(?=[A-Z])", "", str(thing))


def _called(name: str, function: Any) -> str:
    words = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name not in ("self", "cls") and not parameter.name.startswith("_"):
            text = str(parameter.replace(annotation=parameter.empty, default=parameter.empty))
            words.append(text if parameter.default is parameter.empty else f"{text}=…")
    return f"{name}({', '.join(words)})"


def _values(name: str, module: ModuleType) -> Iterator[str]:
    """What a module offers: its constants by name, its functions as they are called."""
    for member, value in vars(module).items():
        if (
            member.startswith("_")
            or getattr(value, "__module__", module.__name__) != module.__name__
        ):
            continue
        if inspect.isfunction(value):
            yield f"- `{name}.{_called(member, value)}`: {_first(value)}"
        elif not inspect.isclass(value) and (words := getattr(value, "words", "")):
            yield f"- `{name}.{member}`: the {words}"


def _members(thing: type) -> Iterator[str]:
    """The public properties and methods of a class and of those of ours it is made from."""
    seen: set[str] = set()
    for parent in thing.__mro__:
        if parent.__module__.partition(".")[0] not in ("rules", "prefetch", "hooks"):
            continue
        for member, value in vars(parent).items():
            text = _first(value)
            if member.startswith("_") or member in seen or not text or isinstance(value, type):
                continue
            seen.add(member)
            called = _called(member, value) if inspect.isfunction(value) else member
            yield f"- `.{called}`: {text}"


def _first(thing: Any) -> str:
    """The first paragraph of what a docstring says, on one line; "" where ours has none."""
    own = thing.fget if isinstance(thing, property) else thing
    if not (inspect.isfunction(own) or hasattr(own, "__wrapped__") or _is_ours(own)):
        return ""
    text = inspect.getdoc(own) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _is_ours(thing: Any) -> bool:
    """Whether it is a property of a kind of ours, which keeps the docstring of its function."""
    return type(thing).__module__.startswith("prefetch")


def _prose(thing: Any) -> Iterator[str]:
    """A docstring as Markdown: sections become lists."""
    inside = ""
    for line in (inspect.getdoc(thing) or "").splitlines():
        if match := _SECTION.fullmatch(line):
            inside = match[1]
            yield f"{inside}:"
            yield ""
        elif inside and (item := _ITEM.fullmatch(line.strip())) and line[:4] == "    ":
            yield f"- `{item[1]}`: {item[2]}"
        elif inside and line[:4] == "    ":
            yield f"  {line.strip()}"
        else:
            yield line
