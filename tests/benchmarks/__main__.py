"""`python -m tests.benchmarks [--quick]`: measure what the design promises, and print it.

Goals are printed, not asserted: the exit status is 0 whatever comes out. The service and the floor
are measured in turns within one run, and the ratios are medians over the rounds, so that a busy
machine slows both.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from tests.benchmarks import audit, load, missing_keys, overload, reading, startup
from tests.benchmarks.load import Length


@dataclass(frozen=True, slots=True)
class Effort:
    """How much to measure."""

    rounds: int
    length: Length
    growth_calls: int
    overloads: int
    readings: int
    gathers: int
    starts: int


FULL = Effort(7, Length(1000, 2.0), 100, 5, 30, 200, 5)
QUICK = Effort(2, Length(300, 0.7), 30, 2, 5, 30, 2)


class Row(NamedTuple):
    """One line of the table; `met` is empty where there is no goal."""

    measure: str
    result: str
    goal: str = ""
    met: str = ""


def main() -> int:
    """Run every benchmark and print one table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure less; figures are rougher")
    effort = QUICK if parser.parse_args().quick else FULL
    with load.client_core() as apart:
        parts = (_load, _audit, _overload, _calls, _start, _reading)
        rows = [row for part in parts for row in part(effort)]
    _print(rows)
    busy = os.getloadavg()[1]
    sys.stdout.write(
        f"\nLoad average of the last 5 minutes: {busy:.1f} on {os.cpu_count()} cores.\n"
    )
    if not apart:
        sys.stdout.write("One core only: client and servers shared it.\n")
    return 0


def _load(effort: Effort) -> Iterator[Row]:
    pairs = load.compare(effort.rounds, effort.length)
    rate, p50, p99 = (load.between(pairs, name) for name in ("rate", "p50", "p99"))
    floor, service = zip(*pairs, strict=True)
    yield Row("service / floor, requests per second", f"{rate:.2f}", ">= 1.0", _met(rate >= 1))
    yield Row("service / floor, p99, 1 connection", f"{p99:.2f}", "<= 1.5", _met(p99 <= 1.5))
    yield Row("service / floor, median, 1 connection", f"{p50:.2f}")
    for name, figures in (("floor", floor), ("service", service)):
        per_second = median(one.rate for one in figures)
        times = [median(getattr(one, p) for one in figures) * 1000 for p in ("p50", "p99")]
        told = f"{per_second:.0f}/s, {times[0]:.2f} ms, {times[1]:.2f} ms"
        yield Row(f"{name}: rate, median, p99", told)


def _overload(effort: Effort) -> Iterator[Row]:
    rounds = overload.measure(effort.overloads, 2 * effort.length.seconds)
    kept = median(one.over.rate / one.capacity for one in rounds)
    p99 = median(one.over.p99 / one.calm.p99 for one in rounds)
    yield Row("2 x capacity: accepted / capacity", f"{kept:.2f}", ">= 0.9", _met(kept >= 0.9))
    yield Row("2 x capacity: p99 / p99 at 0.8 x", f"{p99:.2f}", "<= 2.0", _met(p99 <= 2))
    p50 = median(one.over.p50 / one.calm.p50 for one in rounds)
    yield Row("2 x capacity: median / median at 0.8 x", f"{p50:.2f}")
    for name, parts in (
        ("0.8 x capacity", [one.calm for one in rounds]),
        ("2 x capacity", [one.over for one in rounds]),
    ):
        accepted, shed = (
            median(v) for v in zip(*((o.rate, len(o.shed) / o.seconds) for o in parts), strict=True)
        )
        times = [1000 * median(getattr(o, p) for o in parts) for p in ("p50", "p99")]
        lost = sum(o.lost for o in parts)
        told = f"{accepted:.0f}/s, {shed:.0f}/s, {times[0]:.2f} ms, {times[1]:.2f} ms, {lost}"
        yield Row(f"{name}: accepted, shed, median, p99, lost", told)


def _audit(effort: Effort) -> Iterator[Row]:
    pairs = audit.compare(effort.rounds, effort.length)
    rate, p50 = (load.between(pairs, name) for name in ("rate", "p50"))
    yield Row("audit waited for / written behind, requests per second", f"{rate:.2f}")
    yield Row("audit waited for / written behind, median, 1 connection", f"{p50:.2f}")


def _calls(effort: Effort) -> Iterator[Row]:
    growth = load.growth(effort.rounds, effort.growth_calls)
    yield Row(
        "100 kB to 1 MB: time grows / size grows", f"{growth:.2f}", "<= 1.0", _met(growth <= 1)
    )
    times = missing_keys.measure(effort.gathers)
    first, p50, p99 = (1000 * t for t in (times.first, times.p50, times.p99))
    yield Row("4 missing keys of 50 ms: median", f"{p50:.1f} ms", "<= 70 ms", _met(p50 <= 70))
    yield Row("4 missing keys of 50 ms: p99", f"{p99:.1f} ms", "<= 70 ms", _met(p99 <= 70))
    yield Row("4 missing keys of 50 ms: first, connecting", f"{first:.1f} ms")


def _start(effort: Effort) -> Iterator[Row]:
    found = startup.measure(effort.starts, 1000)
    seconds, memory = found.seconds, found.megabytes
    yield Row("start to first answer", f"{seconds:.2f} s", "<= 1.5 s", _met(seconds <= 1.5))
    yield Row("memory after 1,000 calls", f"{memory:.0f} MB", "<= 120 MB", _met(memory <= 120))


def _reading(effort: Effort) -> Iterator[Row]:
    ways = reading.compare(effort.readings)
    base = ways[0].microseconds
    for way in ways:
        ratio = way.microseconds / base
        yield Row(f"reading: {way.name}", f"{way.microseconds:.0f} us, {ratio:.2f} of orjson")


def _met(reached: bool) -> str:
    return "met" if reached else "NOT MET"


def _print(rows: list[Row]) -> None:
    table = [Row("measure", "result", "goal", ""), *rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


if __name__ == "__main__":
    sys.exit(main())
