"""A release in plain sentences, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from chainring.contracts.said import Said, in_language
from chainring.software.telling import command_words as words
from chainring.software.telling.result_words import say
from chainring.software.telling.speech import padded

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
        yield words.say("reference waits", count=found["waiting"], model=_short(found["model"]))
        return
    told = {"model": _short(found["model"]), "window": found["window"]}
    yield words.say("drift", questions=found["questions"], **told)
    for name, share in sorted(found["evidence"].items(), key=lambda pair: -pair[1]):
        yield words.say("drift share", name=_question(name), share=f"{share:6.0%}")
    for case in found["cases"]:
        yield words.say("drift case", id=case)


def _question(name: str) -> Said:
    """Return a question and its slice, `accuracy · en`, as wide as a column."""
    question, mark, place = name.partition(" · ")
    chinese = mark.join(in_language(words.word(one), "zh") for one in (question, place) if one)
    return Said(f"{name:24}", zh=padded(chinese, 24))
