"""Units: how much of one is another, as far as UCUM's own definitions settle it.

Source: The Unified Code for Units of Measure (https://ucum.org/ucum), tables of prefixes, base and
derived units. Only what laboratories report is understood. Mass and amount of substance are tied
only where the caller gives the molar mass, and equivalents where it gives the valence: both depend
on the substance.
"""

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple


class _Unit(NamedTuple):
    """So many of the base units, to these powers."""

    scale: float
    powers: tuple[tuple[str, int], ...] = ()


_PREFIXES: Final = {
    "k": 1e3, "h": 1e2, "d": 1e-1, "c": 1e-2, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12,
    "f": 1e-15, "": 1.0,
}  # fmt: skip
_METRIC: Final = {
    "g": _Unit(1.0, (("g", 1),)),
    "m": _Unit(1.0, (("m", 1),)),
    "L": _Unit(1e-3, (("m", 3),)),
    "l": _Unit(1e-3, (("m", 3),)),
    "s": _Unit(1.0, (("s", 1),)),
    "mol": _Unit(1.0, (("mol", 1),)),
    "eq": _Unit(1.0, (("eq", 1),)),
    "U": _Unit(1e-6 / 60, (("mol", 1), ("s", -1))),
    "[iU]": _Unit(1.0, (("[iU]", 1),)),
    "[IU]": _Unit(1.0, (("[iU]", 1),)),
    "m[Hg]": _Unit(1.0, (("m[Hg]", 1),)),
    "Cel": _Unit(1.0, (("Cel", 1),)),
}
_OTHER: Final = {
    "%": _Unit(1e-2),
    "1": _Unit(1.0),
    "min": _Unit(60.0, (("s", 1),)),
    "h": _Unit(3600.0, (("s", 1),)),
    "d": _Unit(86400.0, (("s", 1),)),
    "wk": _Unit(604800.0, (("s", 1),)),
}
_LONGEST: Final = 60
_SMALLEST: Final = 1e-60
_ALONE: Final = re.compile(r"(?:^|(?<=[./]))\{[^{}]*\}")
_ANNOTATION: Final = re.compile(r"\{[^{}]*\}")
_TEN: Final = re.compile(r"10[*^](-?\d{1,2})")
_POWER: Final = re.compile(r"(.*?[^\d-])(-?\d)?")
# How units are written where UCUM's codes are not used; seen in vendors' answers and in Synthea.
_SPELLINGS: Final = (
    (re.compile(r"\s+"), ""),
    (re.compile("[\u00b5\u03bc]"), "u"),
    (re.compile(r"/\(?1\.73\s?m(?:2|\^2|\u00b2)\)?"), "{1.73_m2}"),
    (re.compile(r"mc(?=g|mol|L|l)"), "u"),
    (re.compile(r"mEq"), "meq"),
    (re.compile(r"mmHg"), "mm[Hg]"),
    (re.compile(r"(?<!\[)I[UE]\b"), "[iU]"),
)


def factor(
    sent: str, wanted: str, grams_per_mole: float | None = None, valence: int | None = None
) -> float | None:
    """What a number in `sent` is multiplied by to be in `wanted`; None when that is not known.

    Args:
        sent: the unit as it was sent, in UCUM or in a spelling that is often seen.
        wanted: the unit in UCUM.
        grams_per_mole: the substance's molar mass, to go between grams and moles.
        valence: the substance's charge, to go between equivalents and moles.
    """
    one, other = (_read(unit) for unit in (sent, wanted))
    if one is None or other is None:
        return None
    one, other = (_tied(unit, grams_per_mole, valence) for unit in (one, other))
    return one.scale / other.scale if one.powers == other.powers else None


def is_unit(text: str) -> bool:
    """Whether the text is a unit that is understood."""
    return _read(text) is not None


def _read(text: str) -> _Unit | None:
    """The unit, unless it is too long, or of a size, to be one."""
    found = _parsed(text) if len(text) <= _LONGEST else None
    return found if found and _SMALLEST < found.scale < 1 / _SMALLEST else None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> _Unit | None:
    """The unit; None for what is not understood. Annotations mean nothing, as in UCUM."""
    for spelling, code in _SPELLINGS:
        text = spelling.sub(code, text)
    if not text:
        return None
    bare = _ANNOTATION.sub("", _ALONE.sub("1", text))
    first, *rest = re.split(r"([./])", f"1{bare}" if bare[:1] == "/" else bare)
    scale, powers = 1.0, Counter[str]()
    for sign, part in (("", first), *zip(rest[::2], rest[1::2], strict=True)):
        found = _component(part)
        if found is None:
            return None
        turn = -1 if sign == "/" else 1
        scale *= found.scale**turn
        for name, power in found.powers:
            powers[name] += power * turn
    return _unit(scale, powers)


def _component(part: str) -> _Unit | None:
    if match := _TEN.fullmatch(part):
        return _Unit(10.0 ** int(match[1]))
    if part in _OTHER:
        return _OTHER[part]
    match = _POWER.fullmatch(part)
    if match is None:
        return None
    name, power = match[1], int(match[2] or 1)
    for length in (0, 1):
        prefix, atom = name[:length], name[length:]
        if prefix in _PREFIXES and atom in _METRIC:
            unit = _METRIC[atom]
            scale = (_PREFIXES[prefix] * unit.scale) ** power
            return _Unit(scale, tuple((base, p * power) for base, p in unit.powers))
    return None


def _tied(unit: _Unit, grams_per_mole: float | None, valence: int | None) -> _Unit:
    """The unit with moles told in grams, and equivalents in moles, where it is known how."""
    scale, powers = unit.scale, Counter(dict(unit.powers))
    if valence and (power := powers.pop("eq", 0)):
        scale /= float(valence) ** power
        powers["mol"] += power
    if grams_per_mole and (power := powers.pop("mol", 0)):
        scale *= grams_per_mole**power
        powers["g"] += power
    return _unit(scale, powers)


def _unit(scale: float, powers: Mapping[str, int]) -> _Unit:
    return _Unit(scale, tuple(sorted((name, power) for name, power in powers.items() if power)))
