"""The circuit breaker: opens after a run of failures, tries once after its rest."""

from hypothesis import given
from hypothesis import strategies as st

from prefetch.breaker import Breakers, Position

SERVER = "https://ehr.test"


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        """Start at zero."""
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def opened(clock: Clock) -> Breakers:
    """A breaker that three failures have opened, for ten seconds."""
    breakers = Breakers(clock, threshold=3, rest=10)
    for _ in range(3):
        assert breakers.admits(SERVER)
        breakers.failed(SERVER)
    return breakers


def test_it_opens_after_a_run_of_failures() -> None:
    """After the threshold, no query is let through."""
    breakers = opened(Clock())
    assert not breakers.admits(SERVER)
    assert breakers.position(SERVER) is Position.OPEN


def test_a_success_breaks_the_run() -> None:
    """Failures count only in a row."""
    breakers = Breakers(Clock(), threshold=2)
    for _ in range(5):
        breakers.failed(SERVER)
        breakers.succeeded(SERVER)
    assert breakers.position(SERVER) is Position.CLOSED


def test_one_query_tries_after_the_rest() -> None:
    """When the rest is over, exactly one query is let through."""
    clock = Clock()
    breakers = opened(clock)
    clock.now = 10.0
    assert [breakers.admits(SERVER) for _ in range(3)] == [True, False, False]


def test_the_try_decides() -> None:
    """Its success closes the breaker; its failure opens it for another rest."""
    clock = Clock()
    breakers = opened(clock)
    clock.now = 10.0
    assert breakers.admits(SERVER)
    breakers.failed(SERVER)
    clock.now = 19.0
    assert not breakers.admits(SERVER)
    clock.now = 20.0
    assert breakers.admits(SERVER)
    breakers.succeeded(SERVER)
    assert breakers.admits(SERVER)
    assert breakers.position(SERVER) is Position.CLOSED


def test_a_try_that_was_given_up_may_be_made_again() -> None:
    """A caller that goes away during the try does not leave the breaker stuck."""
    clock = Clock()
    breakers = opened(clock)
    clock.now = 10.0
    assert breakers.admits(SERVER)
    breakers.gave_up(SERVER)
    assert breakers.admits(SERVER)


def test_servers_do_not_share_a_breaker() -> None:
    """One dead server keeps nobody from another."""
    breakers = opened(Clock())
    assert breakers.admits("https://other.test")


@given(st.lists(st.sampled_from(["fail", "succeed", "give up", "wait", "ask"]), max_size=60))
def test_an_open_breaker_always_tries_again(events: list[str]) -> None:
    """Whatever happened, once the rest is over and no try is under way, a query is let through."""
    clock = Clock()
    breakers = Breakers(clock, threshold=2, rest=5)
    for event in events:
        if event == "wait":
            clock.now += 3
        elif event == "ask":
            breakers.admits(SERVER)
        else:
            {
                "fail": breakers.failed,
                "succeed": breakers.succeeded,
                "give up": breakers.gave_up,
            }[event](SERVER)
    breakers.gave_up(SERVER)
    clock.now += 5
    assert breakers.admits(SERVER)
