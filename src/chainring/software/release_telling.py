"""A release in plain sentences, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

DIGITS = 12


def tell(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of `chainring release`."""
    release = found["release"]
    if release is None:
        yield "no release runs: the champion answers everybody"
    else:
        yield f"{release['id']}: {_short(release['candidate'])}, {_stage(release)}"
        yield f"  answers {release['answers']:,}, in the shadow {release['shadows']:,}"
        yield f"  {release['action']}: {release['because']}"
        if release["unpaired"]:
            yield f"  {release['unpaired']} reviewed answers have no answer of the other model"
    for one in found["earlier"]:
        day = datetime.fromtimestamp(one["ended"], UTC).strftime("%Y-%m-%d")
        yield f"{day}  {_short(one['candidate'])}  {one['outcome']}: {one['because']}"


def _stage(release: Mapping[str, Any]) -> str:
    if release["stage"] == "canary":
        return f"canary, {release['share']:.0%} of users"
    if release["stage"] == "keys":
        return f"for keys {', '.join(release['keys'])}"
    return "in the shadow"


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
