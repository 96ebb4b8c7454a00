"""What every table of the configuration is made of: a strict model, and the words it takes."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from prefetch.origins import origin


def _url(url: str) -> str:
    """A URL that reads the same to everybody: no user part, no query, no fragment."""
    parts = urlsplit(url)
    if origin(url) is None or parts.scheme not in ("https", "http"):
        raise ValueError("write an absolute URL that begins with https://")
    if parts.query or parts.fragment or not url.isascii() or parts.netloc != parts.netloc.lower():
        raise ValueError("write the URL in lower-case ASCII, without query and fragment")
    return url


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Url = Annotated[str, AfterValidator(_url)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Part(BaseModel):
    """A table: what it does not know is refused, and nothing changes once it is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")
