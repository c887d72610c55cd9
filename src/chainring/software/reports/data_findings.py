"""What a person should know of a data set, in a few sentences: the head of the data report.

findings(look, language="en")    # ['zh: 10.0% … of the population: collect 800 more rows.', ...]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chainring.data.looking.drift import Change
from chainring.data.looking.numbers import JUDGES, LEARNT, Numbers
from chainring.data.looking.population import Standing
from chainring.software.reports.data_look import Look
from chainring.software.reports.data_report_words import WORDS

FEW = 10
NAMED = 8
CONFLICTS = ("conflicting duplicate", "labels disagree")
LEFT_EARLY = ("records", "cleaned", "corrections")
UNSTATED = ("unstated", "unknown", "")


def findings(found: Look, *, language: str) -> list[str]:
    """Return what stands out, gravest first; empty when nothing does."""
    say = WORDS[language]
    return [
        *(gap_told(one, say) for one in found.standings if one.verdict == "short"),
        *_drifted(found, say),
        *_labels(found.numbers, say),
        *_rows(found, say),
    ]


def gap_told(one: Standing, say: dict[str, str]) -> str:
    """Return what a short share lacks, in a sentence."""
    return say["finding gap"].format(
        kind=kind_told(one.kind, say),
        name=one.name,
        have=per_cent(one.interval.estimate),
        expected=per_cent(one.expected),
        collect=f"{one.collect:,}",
    )


def kind_told(kind: str, say: dict[str, str]) -> str:
    """Return a kind of share in the language of the words."""
    return say["kind source"] if kind == "source" else say[kind]


def moved_told(one: Change, say: dict[str, str], *, most: int = 3) -> str:
    """Return what moved most, from which share to which."""
    if one.aspect == "lengths":
        return say["median"].format(before=one.moved[0].before, after=one.moved[0].after)
    return ", ".join(
        f"{part.name} {per_cent(part.before)} → {per_cent(part.after)}" for part in one.moved[:most]
    )


def per_cent(share: float) -> str:
    """Return a share in per cent with one digit.

    >>> per_cent(0.1)
    '10.0%'
    """
    return f"{100 * share:.1f}%"


def p_told(p: float) -> str:
    """Return a p value as people read it.

    >>> p_told(0.0000031), p_told(0.034)
    ('< 0.001', '0.034')
    """
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _drifted(found: Look, say: dict[str, str]) -> Iterator[str]:
    if found.drift is None:
        return
    for one in found.drift.alarms:
        what = say[f"{one.side} {one.aspect}"]
        yield say["finding drift"].format(
            what=what[:1].upper() + what[1:],
            moved=moved_told(one, say),
            effect=one.effect,
            p=p_told(one.p),
        )
    if found.drift.relabelled:
        yield say["finding relabelled"].format(n=f"{found.drift.relabelled:,}")


def _labels(found: Numbers, say: dict[str, str]) -> Iterator[str]:
    learnt = Counter(found.by("label", splits=("train",)))
    known = set(found.by("label", splits=LEARNT))
    few = sorted(name for name, rows in learnt.items() if rows < FEW)
    unknown = sorted(set(found.by("label", splits=JUDGES)) - known)
    if few:
        yield say["finding few"].format(n=FEW, names=_named(few, say))
    if unknown:
        yield say["finding unknown"].format(names=_named(unknown, say))


def _rows(found: Look, say: dict[str, str]) -> Iterator[str]:
    read = sum(found.terms.values())
    left = sum(one.rows for one in found.drops if one.step in LEFT_EARLY)
    later = min(read, sum(one.rows for one in found.drops if one.step == "dataset"))
    if left + later > read - later:
        yield say["finding dropped"].format(share=per_cent((left + later) / (left + read)))
    conflicts = sum(one.rows for one in found.drops if one.reason in CONFLICTS)
    if conflicts:
        yield say["finding conflicts"].format(n=f"{conflicts:,}")
    lost = sum(one.rows for one in found.drops if one.reason.startswith(("label ", "a label ")))
    if lost:
        yield say["finding lost"].format(n=f"{lost:,}")
    unstated = sum(n for name, n in found.numbers.by("licence").items() if name in UNSTATED)
    if unstated:
        yield say["finding unstated"].format(n=f"{unstated:,}")


def _named(names: Sequence[str], say: dict[str, str]) -> str:
    more = len(names) - NAMED
    end = [say["rest"].format(n=more)] if more > 0 else []
    return ", ".join([*names[:NAMED], *end])
