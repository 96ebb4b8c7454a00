"""Sharing: one request for one question, kept for as long as it may be."""

import asyncio

import pytest

from prefetch.sharing import Sharing


class Source:
    """Counts how often it is asked, and answers when let."""

    def __init__(self) -> None:
        """Not asked yet."""
        self.asked = 0
        self.let = asyncio.Event()

    async def __call__(self) -> str:
        """Wait to be let, then answer with the number of times it was asked."""
        self.asked += 1
        await self.let.wait()
        return f"answer {self.asked}"


def forever(_: str) -> float:
    """Any answer may be kept."""
    return 3600.0


def never(_: str) -> float:
    """No answer may be kept."""
    return 0.0


async def test_callers_at_the_same_time_share_one_request() -> None:
    """Ten callers of one key ask once, and all have the answer."""
    source, sharing = Source(), Sharing[str](0, lambda: 0.0)
    callers = [asyncio.ensure_future(sharing.get("k", source, never)) for _ in range(10)]
    await asyncio.sleep(0)
    source.let.set()
    assert set(await asyncio.gather(*callers)) == {"answer 1"}
    assert source.asked == 1


async def test_other_keys_do_not_share() -> None:
    """Another token or query is another question."""
    source, sharing = Source(), Sharing[str](60, lambda: 0.0)
    source.let.set()
    await sharing.get(("token a", "query"), source, forever)
    await sharing.get(("token b", "query"), source, forever)
    assert source.asked == 2


async def test_without_a_lifetime_nothing_is_kept() -> None:
    """Off means off: the next caller asks again."""
    source, sharing = Source(), Sharing[str](0, lambda: 0.0)
    source.let.set()
    await sharing.get("k", source, forever)
    await sharing.get("k", source, forever)
    assert source.asked == 2


@pytest.mark.parametrize(("seconds", "asked"), [(4.9, 1), (5.0, 2)])
async def test_an_answer_is_kept_for_its_lifetime(seconds: float, asked: int) -> None:
    """Before the lifetime is over the answer is shared, after it the question is asked anew."""
    now = 100.0
    source, sharing = Source(), Sharing[str](5, lambda: now)
    source.let.set()
    await sharing.get("k", source, forever)
    now += seconds
    await sharing.get("k", source, forever)
    assert source.asked == asked


async def test_an_answer_is_not_kept_longer_than_it_may_be() -> None:
    """The token's expiry ends the lifetime early, and what may not be kept is not."""
    now = 0.0
    source, sharing = Source(), Sharing[str](60, lambda: now)
    source.let.set()
    await sharing.get("short", source, lambda _: 2.0)
    now = 3.0
    await sharing.get("short", source, lambda _: 2.0)
    await sharing.get("bad", source, never)
    await sharing.get("bad", source, never)
    assert source.asked == 4


async def test_a_caller_that_leaves_takes_nobody_along() -> None:
    """When the first caller is cancelled, the others still get the answer of the same request."""
    source, sharing = Source(), Sharing[str](0, lambda: 0.0)
    first = asyncio.ensure_future(sharing.get("k", source, never))
    second = asyncio.ensure_future(sharing.get("k", source, never))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.let.set()
    assert await second == "answer 1"
    assert first.cancelled()


async def test_an_error_reaches_every_caller_and_is_not_kept() -> None:
    """A failed request fails for all who waited, and the next caller asks again."""
    sharing = Sharing[str](60, lambda: 0.0)

    async def fails() -> str:
        await asyncio.sleep(0)
        raise OSError("no")

    results = await asyncio.gather(
        *(sharing.get("k", fails, forever) for _ in range(3)), return_exceptions=True
    )
    assert [type(r) for r in results] == [OSError] * 3
    source = Source()
    source.let.set()
    assert await sharing.get("k", source, forever) == "answer 1"


async def test_closing_ends_what_is_under_way() -> None:
    """No task is left behind."""
    before = asyncio.all_tasks()
    source, sharing = Source(), Sharing[str](0, lambda: 0.0)
    caller = asyncio.ensure_future(sharing.get("k", source, never))
    await asyncio.sleep(0)
    await sharing.aclose()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert asyncio.all_tasks() == before
