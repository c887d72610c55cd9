"""A release in plain sentences, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from chainring.software.telling_words import say

DIGITS = 12


def tell(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of `chainring release`."""
    release = found["release"]
    if release is None:
        yield say("no release")
    else:
        model = _short(release["candidate"])
        yield say("release", id=release["id"], model=model, stage=_stage(release))
        shadows = f"{release['shadows']:,}"
        yield say("counts", answers=f"{release['answers']:,}", shadows=shadows)
        yield say("action", action=release["action"], because=release["because"])
        if release["unpaired"]:
            yield say("unpaired", count=release["unpaired"])
    for one in found["earlier"]:
        day = datetime.fromtimestamp(one["ended"], UTC).strftime("%Y-%m-%d")
        yield say(
            "earlier",
            day=day,
            model=_short(one["candidate"]),
            outcome=one["outcome"],
            because=one["because"],
        )


def _stage(release: Mapping[str, Any]) -> str:
    if release["stage"] == "canary":
        return say("canary of", share=f"{release['share']:.0%}")
    if release["stage"] == "keys":
        return say("for keys", keys=", ".join(release["keys"]))
    return say("in the shadow")


def _short(address: str) -> str:
    return address.partition(":")[2][:DIGITS]


def tell_drift(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of `chainring drift`."""
    if found["waiting"] or not found["window"]:
        yield f"{found['waiting']} more answers make the reference of {_short(found['model'])}"
        return
    yield f"{_short(found['model'])}, window {found['window']}, {found['questions']} questions"
    for name, share in sorted(found["evidence"].items(), key=lambda pair: -pair[1]):
        yield f"  {name:24} {share:6.0%} of the evidence that an alarm needs"
    for case in found["cases"]:
        yield f"  case {case}: see `chainring cases`"
