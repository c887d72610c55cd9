"""What a page itself forbids: robots directives, `noai`, and the reservation of text mining.

Enter the headers and meta tags of one page, leaves what to obey and how it was said:

===============================================  =========================================
``X-Robots-Tag: noai``                            not kept
``<meta name="robots" content="nofollow">``      kept, its links are not followed
``<meta name="tdm-reservation" content="1">``    not kept
``Content-Usage: train-ai=n``                    not kept
``X-Robots-Tag: otherbot: noindex``              said to somebody else
===============================================  =========================================

>>> obeyed([("robots", "noindex, nofollow")]).keep
False
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chainring.data.sources.web.settings import BOT

FORBID = ("noindex", "none", "noai", "noml")
NO_LINKS = ("nofollow", "none")
_NOTED = (*FORBID, "nofollow", "noimageai", "noarchive", "nocache")
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
_AGENT = re.compile(r"\s*([A-Za-z][\w.-]*)\s*:\s*(.*)", re.DOTALL)
_NO_TRAINING = re.compile(r"\b(ai-train\s*=\s*no|train-ai\s*=\s*n)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obeyed:
    """Whether to keep a page's text and follow its links, and every directive that was found."""

    keep: bool
    follow: bool
    said: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """The directives that keep the text from being kept."""
        return ", ".join(said for said in self.said if said in FORBID or "=" in said)


def obeyed(signals: Iterable[tuple[str, str]]) -> Obeyed:
    """Return what a page's signals ask for; among several the strictest counts.

    Parameters
    ----------
    signals
        Pairs of a name (`robots`, `chainring`, `x-robots-tag`, `tdm-reservation`, `content-usage`,
        `content-signal`) and its value; other names are passed over.
    """
    said = list(dict.fromkeys(token for name, value in signals for token in _tokens(name, value)))
    return Obeyed(
        keep=not any(token in FORBID or "=" in token for token in said),
        follow=not any(token in NO_LINKS for token in said),
        said=tuple(said),
    )


def _tokens(name: str, value: str) -> Iterator[str]:
    key = name.strip().lower()
    if key in ("robots", BOT):
        yield from _known(value)
    elif key == "x-robots-tag":
        yield from _known(",".join(_for_us(value)))
    elif key == "tdm-reservation" and value.strip() == "1":
        yield "tdm-reservation=1"
    elif key in ("content-usage", "content-signal") and _NO_TRAINING.search(value):
        yield f"{key}: {value.strip()[:100]}" if "=" in value else key


def _known(value: str) -> Iterator[str]:
    words = (word.strip().lower() for word in re.split(r"[,;\s]+", value))
    yield from (word for word in words if word in _NOTED)


def _for_us(value: str) -> Iterator[str]:
    """Yield the pieces of an X-Robots-Tag that speak to every robot, or to ours."""
    spoken_to = ""
    for piece in value.split(","):
        found = _AGENT.fullmatch(piece)
        if found and found[1].lower() not in _VALUED:
            spoken_to, piece = found[1].lower(), found[2]
        if spoken_to in ("", BOT):
            yield piece
