"""Two sections of the data report that compare: with the data set before, and with a population."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from chainring.data.looking.drift import MIN_ROWS, Change, Drift
from chainring.data.looking.population import Standing
from chainring.software.reports.data_findings import kind_told, moved_told, p_told, per_cent
from chainring.software.reports.data_look import Look
from chainring.software.reports.report_cards import table

EXAMPLE = """[data.population]
language = { en = 0.5, zh = 0.5 }"""


def compared(found: Look, say: Mapping[str, str]) -> Iterator[str]:
    """Yield the cards that compare with the data set before."""
    words = dict(say)
    if found.drift is None:
        yield f"<p>{escape(words['first'])}</p>"
        return
    yield _counts(found.drift, words)
    if found.drift.changes:
        head = [words[key] for key in ("question", "change", "effect", "p", "says")]
        rows = [_change(one, words) for one in found.drift.changes]
        yield table(head, rows) + f"<p class=muted>{escape(words['drift how'])}</p>"


def stands(found: Look, say: Mapping[str, str]) -> Iterator[str]:
    """Yield the cards that compare with the population of the recipe."""
    words = dict(say)
    if not found.declared:
        yield f"<p>{escape(words['undeclared'])}</p><pre><code>{escape(EXAMPLE)}</code></pre>"
        return
    head = [words[key] for key in ("kind", "name", "number", "have", "expected", "says", "collect")]
    rows = [_standing(one, words) for one in found.standings]
    outside = {one.kind: one.outside for one in found.standings if one.outside}
    notes = [
        words["outside"].format(n=f"{n:,}", kind=kind_told(kind, words))
        for kind, n in outside.items()
    ]
    told = "".join(f"<p class=muted>{escape(x)}</p>" for x in (words["population how"], *notes))
    yield table(head, rows) + told


def _counts(drift: Drift, say: dict[str, str]) -> str:
    told = say["moved"].format(
        came=f"{drift.came:,}",
        gone=f"{drift.gone:,}",
        stayed=f"{drift.stayed:,}",
        relabelled=f"{drift.relabelled:,}",
    )
    few = "" if drift.changes else f"<p class=muted>{escape(say['too few'].format(n=MIN_ROWS))}</p>"
    return f"<p>{escape(told)}</p>{few}"


def _change(one: Change, say: dict[str, str]) -> tuple[str, ...]:
    verdict = "alarm" if one.alarm else "little" if one.p <= 0.05 else "noise"
    says = escape(say[verdict])
    question = escape(say[f"{one.side} {one.aspect}"])
    against = f"{say[f'{one.side} against']} ({one.rows:,} / {one.others:,})"
    return (
        f"<span title='{escape(against)}'>{question}</span>",
        escape(moved_told(one, say)),
        f"{one.effect:.2f}",
        escape(p_told(one.p)),
        f"<span class=bad>{says}</span>" if one.alarm else says,
    )


def _standing(one: Standing, say: dict[str, str]) -> tuple[str, ...]:
    low, high = 100 * one.interval.low, 100 * one.interval.high
    says = escape(say[f"{one.verdict} verdict"])
    return (
        escape(kind_told(one.kind, say)),
        escape(one.name),
        f"{one.rows:,}",
        f"{per_cent(one.interval.estimate)} ({low:.1f}–{high:.1f})",
        per_cent(one.expected),
        f"<span class=bad>{says}</span>" if one.verdict == "short" else says,
        f"{one.collect:,}" if one.collect else "–",
    )
