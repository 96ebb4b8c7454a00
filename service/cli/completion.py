"""What the shell offers when the tab key is pressed: rule ids, cases, charts."""

from collections.abc import Iterator


def rule_ids(incomplete: str) -> Iterator[str]:
    """Rules whose id begins so."""
    from rules._load import load

    yield from (rule.id for rule in load() if rule.id.startswith(incomplete))


def case_names(incomplete: str) -> Iterator[str]:
    """Rules, and cases as `rule/case`, that begin so."""
    from rules._load import load

    for rule in load():
        names = [rule.id]
        if incomplete.startswith(f"{rule.id}/"):
            names = [f"{rule.id}/{path.stem}" for path in rule.folder.glob("cases/*.json")]
        yield from (name for name in sorted(names) if name.startswith(incomplete))


def chart_names(incomplete: str) -> Iterator[str]:
    """Shipped charts whose name begins so."""
    from rules import _charts

    yield from (name for name in _charts.names() if name.startswith(incomplete))


def hook_names(incomplete: str) -> Iterator[str]:
    """Hooks whose name begins so."""
    import hooks

    yield from (name for name in sorted(hooks.contexts()) if name.startswith(incomplete))
