"""What a rule reads and cannot change."""

from typing import Any, Final, NoReturn

from hooks.errors import RuleError

#: Sets an attribute of an object that is being made.
put: Final = object.__setattr__


class Frozen:
    """An object whose attributes are set once, when it is made, by `put`."""

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        """Refuse.

        Raises:
            RuleError: always.
        """
        raise RuleError(f"a rule may not change the chart: it set {type(self).__name__}.{name}")

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse.

        Raises:
            RuleError: always.
        """
        raise RuleError(f"a rule may not change the chart: it deleted {type(self).__name__}.{name}")


class FrozenDict(dict[str, Any]):
    """A JSON object as a rule sees it; `frozen` makes one of a whole resource."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise RuleError(
            "a rule may not change a resource of the chart; use change_dose, swap, or a copy: "
            "dict(resource)"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse


def frozen(value: Any) -> Any:
    """JSON that nobody can change: objects refuse, and arrays become tuples."""
    if isinstance(value, dict):
        return FrozenDict({name: frozen(inner) for name, inner in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def thawed(value: Any) -> Any:
    """A copy of such JSON that may be changed."""
    if isinstance(value, dict):
        return {name: thawed(inner) for name, inner in value.items()}
    return [thawed(inner) for inner in value] if isinstance(value, list | tuple) else value
