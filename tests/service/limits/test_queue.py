"""The order in which calls begin, by a clock that is moved by hand."""

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise

from service.limits.queue import Queue

PATIENCE = 0.1


@dataclass
class Line:
    """A queue whose every call takes some time, and what became of the calls."""

    work: float = 0.01
    now: float = 0.0
    began: list[int] = field(default_factory=list)
    let_go: list[int] = field(default_factory=list)
    waits: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.queue = Queue(PATIENCE, lambda: self.now)

    async def call(self, number: int) -> None:
        """Come, wait, and work if it is to be."""
        came = self.now
        begins = await self.queue.turn()
        self.waits[number] = self.now - came
        (self.began if begins else self.let_go).append(number)
        if begins:
            self.now += self.work

    async def serve(self, per_round: list[int]) -> None:
        """Let so many calls come in each round of the event loop, and all of them end."""
        calls: list[asyncio.Future[None]] = []
        for count in per_round:
            for _ in range(count):
                calls.append(asyncio.ensure_future(self.call(len(calls))))
            await asyncio.sleep(0)
        await asyncio.gather(*calls)


async def test_calls_begin_in_the_order_they_came() -> None:
    """A burst that is served within the tenth of a second that it may take is served whole."""
    line = Line()
    await line.serve([18])
    assert line.began == list(range(18))
    assert line.let_go == []


async def test_one_call_begins_in_a_round() -> None:
    """Between two calls the loop goes round, so that others get their turn."""
    line = Line()
    rounds: list[int] = []
    calls = [asyncio.ensure_future(line.call(number)) for number in range(5)]
    while not all(call.done() for call in calls):
        rounds.append(len(line.began))
        await asyncio.sleep(0)
    steps = [later - earlier for earlier, later in pairwise(rounds)]
    assert max(steps) == 1


async def test_many_callers_who_wait_for_their_answers_are_no_overload() -> None:
    """A line that stays shorter than the patience is never cut, however long it stands."""
    line = Line()
    await line.serve([9, *([1] * 300)])
    assert line.let_go == []


async def test_at_twice_the_capacity_half_are_served_at_once() -> None:
    """Two calls for each that can be served: half are, soon; the rest are told, and not late."""
    line = Line()
    await line.serve([2] * 1000)
    settled = [n for n in line.began if n > 200]
    assert 0.95 <= len(settled) / 900 <= 1.05
    late = [n for n in settled if line.waits[n] > 3 * line.work]
    assert len(late) <= len(settled) * 0.01 + PATIENCE / line.work
    # the calls that were in line when the overload showed have waited longest
    assert max(line.waits[n] for n in line.let_go if n > 200) <= PATIENCE + 2 * line.work


async def test_after_the_overload_order_is_back() -> None:
    """Once the line has been empty, calls begin in the order they came again."""
    line = Line()
    await line.serve([2] * 200)
    assert line.let_go
    before = len(line.began)
    await line.serve([5])
    assert line.began[before:] == sorted(line.began[before:])


async def test_eager_callers_are_no_overload_for_ever() -> None:
    """A few callers who send again at once are served in order again when a slow time is over."""
    line = Line()
    stop = False

    async def caller(number: int) -> None:
        while not stop:
            await line.call(number)

    async def go_on(rounds: int, work: float) -> int:
        line.work = work
        for _ in range(rounds):
            await asyncio.sleep(0)
        return len(line.let_go)

    callers = [asyncio.ensure_future(caller(number)) for number in range(7)]
    slow = await go_on(50, 0.05)
    settled = await go_on(150, 0.003)
    later = await go_on(1000, 0.003)
    stop = True
    await asyncio.gather(*callers)
    assert slow > 0
    assert later == settled


async def test_a_call_that_was_cut_off_takes_no_turn() -> None:
    """A call that is cancelled in the line does not hold up those behind it."""
    line = Line()
    calls = [asyncio.ensure_future(line.call(number)) for number in range(4)]
    await asyncio.sleep(0)
    calls[2].cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert line.began == [0, 1, 3]
