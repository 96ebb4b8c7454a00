"""Used tokens: remembered until they have expired, bounded, and apart by issuer."""

from hypothesis import given
from hypothesis import strategies as st

from service.trust.replay import Replay, TokenId
from tests.callers import Clock


def first_use(used: Replay, issuer: str, jti: str, end: float) -> bool:
    """Whether a token was not used before."""
    return used.first_use(TokenId(issuer, jti, end))


def test_an_id_is_new_once_for_each_issuer(clock: Clock) -> None:
    """Ids are unique for one issuer; another may use the same."""
    used = Replay(clock.exact)
    end = clock.seconds + 10
    assert first_use(used, "a", "1", end)
    assert not first_use(used, "a", "1", end)
    assert first_use(used, "b", "1", end)


def test_an_id_is_forgotten_after_its_token_expired(clock: Clock) -> None:
    """What would be refused as expired need not be remembered."""
    used = Replay(clock.exact)
    for number in range(100):
        assert first_use(used, "a", str(number), clock.seconds + number)
    clock.forward(50)
    assert not first_use(used, "a", "60", clock.seconds + 100)
    assert len(used) == 50


def test_when_full_it_refuses_rather_than_forgets(clock: Clock) -> None:
    """A flood of good tokens of one issuer shuts that issuer out, until some expire; no other."""
    used = Replay(clock.exact, most=3)
    assert all(first_use(used, "a", str(n), clock.seconds + 10) for n in range(3))
    assert not first_use(used, "a", "new", clock.seconds + 10)
    assert first_use(used, "b", "new", clock.seconds + 10)
    clock.forward(11)
    assert first_use(used, "a", "new", clock.seconds + 10)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.text(max_size=2), st.integers(0, 9))))
def test_no_id_is_new_twice_while_it_lives(uses: list[tuple[str, str, int]]) -> None:
    """Whatever order tokens come in, and whenever they expire, none is new twice in its life."""
    clock = Clock()
    used = Replay(clock.exact)
    alive: dict[tuple[str, str], int] = {}
    for issuer, jti, life in uses:
        known = alive.get((issuer, jti), -1) >= clock.seconds
        assert first_use(used, issuer, jti, clock.seconds + life) is not known
        if not known:
            alive[issuer, jti] = clock.seconds + life
        clock.forward(1)
