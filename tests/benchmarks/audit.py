"""What it costs to wait for the audit trail: calls written behind against calls waited for."""

import asyncio

from tests.benchmarks.body import body
from tests.benchmarks.load import Figures, Length, measure, message, serving


def compare(rounds: int, length: Length) -> list[tuple[Figures, Figures]]:
    """The figures of both, round by round: written behind first."""
    request = message(body())
    with serving("service") as behind, serving("service", CARDWISE_AUDIT_WAIT="true") as waited:
        for server in (behind, waited):
            asyncio.run(measure(server, request, Length(50, 0.5)))
        return [
            (
                asyncio.run(measure(behind, request, length)),
                asyncio.run(measure(waited, request, length)),
            )
            for _ in range(rounds)
        ]
