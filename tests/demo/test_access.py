"""Tokens of the demo EHR: each for one call, for five minutes."""

from service.demo.access import LIFETIME, Access, Read


class Clock:
    """Seconds, as they are set."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_tokens_expire() -> None:
    """A token is good for as long as the request says, the standing one for ever."""
    clock = Clock()
    access = Access(frozenset({"standing"}), clock)
    token, expired = access.issue(), access.issue(expired=True)
    assert token in access
    assert expired not in access
    clock.now = LIFETIME
    assert token not in access
    assert "standing" in access
    assert "made-up" not in access
    assert None not in access


def test_reads_are_kept_by_token_and_bounded() -> None:
    """Each call's reads are its own; old tokens are forgotten, and so is a flood of reads."""
    access = Access(frozenset({"standing"}))
    first = access.issue()
    for number in range(300):
        access.note(first, Read(f"GET /{number}"))
    access.note("standing", Read("GET /x"))
    assert len(access.reads(first)) == 200
    assert access.reads("standing") == []
    for _ in range(500):
        access.issue()
    assert first not in access
    assert access.reads(first) == []
