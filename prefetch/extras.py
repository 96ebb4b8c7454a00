"""What every read of a FHIR server carries beside the token, where one demands more of its callers.

athenahealth answers 400 to any request without `ah-practice`; gateways want headers of their own.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, urldefrag, urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Extras:
    """Headers and parameters of one FHIR server. They go to it alone, as the token does.

    Attributes:
        headers: names and values; they may hold a gateway's key, so they never print.
        query: names and values.
    """

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = ()

    def on(self, url: str) -> str:
        """The URL with the parameters it lacks.

        A next link is the server's own and mostly carries them already; what it says, stays.
        """
        if not self.query:
            return url
        named = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        lacking = [(name, value) for name, value in self.query if name not in named]
        if not lacking:
            return url
        whole = urldefrag(url).url
        return (
            f"{whole}{'&' if '?' in whole else '?'}{urlencode(lacking, safe='/:', quote_via=quote)}"
        )


NO_EXTRAS: Final = Extras()
