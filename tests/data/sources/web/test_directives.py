"""Of several wishes of a page the strictest is obeyed, and what is said to others is theirs."""

from __future__ import annotations

import pytest

from chainring.data.sources.web.directives import obeyed


@pytest.mark.parametrize(
    ("signals", "keep", "follow"),
    [
        ([], True, True),
        ([("robots", "index, follow")], True, True),
        ([("robots", "NOINDEX")], False, True),
        ([("robots", "none")], False, False),
        ([("robots", "noai, noimageai")], False, True),
        ([("robots", "noimageai")], True, True),
        ([("robots", "all"), ("robots", "nofollow")], True, False),
        ([("chainring", "noai")], False, True),
        ([("googlebot", "noindex")], True, True),
        ([("x-robots-tag", "noai")], False, True),
        ([("x-robots-tag", "otherbot: noindex, nofollow")], True, True),
        ([("x-robots-tag", "otherbot: noindex, chainring: nofollow")], True, False),
        ([("x-robots-tag", "max-snippet: 20, noindex")], False, True),
        ([("x-robots-tag", "unavailable_after: 25 Jun 2030 15:00:00 GMT")], True, True),
        ([("tdm-reservation", "1")], False, True),
        ([("tdm-reservation", "0")], True, True),
        ([("content-usage", "train-ai=n")], False, True),
        ([("content-usage", "train-ai=y")], True, True),
    ],
)
def test_a_signal_is_obeyed(signals: list[tuple[str, str]], keep: bool, follow: bool) -> None:
    found = obeyed(signals)
    assert (found.keep, found.follow) == (keep, follow)
    assert bool(found.why) is not keep


def test_what_was_said_is_recorded_even_where_it_forbids_nothing() -> None:
    found = obeyed([("robots", "noarchive, nofollow"), ("x-robots-tag", "noimageai")])
    assert found.said == ("noarchive", "nofollow", "noimageai")
    assert found.why == ""
