"""A verdict as a page that a newcomer understands, in English or Chinese.

Enters a `Verdict`, leaves Markdown. Everything on it follows from the verdict alone.

    print(readable(verdict, language="zh"))
"""

from __future__ import annotations

from collections.abc import Iterator

from chainring.contracts.errors import UnknownNameError
from chainring.contracts.measure import MISTAKE, Measure
from chainring.contracts.verdict import Comparison, Verdict
from chainring.ring.gate.readable_words import GRADED, MEASURED, TEXT
from chainring.ring.gate.sentences import chance, figure, in_chinese, named

LANGUAGES = ("en", "zh")
_FLIPS_SHOWN = 20


def _words(verdict: Verdict, language: str, *, measure: str = "") -> dict[str, str]:
    words = TEXT[language] | (GRADED[language] if verdict.graded else {})
    judged = measure or verdict.measure.name
    return words if judged == "accuracy" else words | MEASURED[language]


def readable(verdict: Verdict, *, language: str = "en") -> str:
    """Return the verdict as a short Markdown report.

    Parameters
    ----------
    verdict
        What the gate said.
    language
        `en` or `zh`.

    Raises
    ------
    UnknownNameError
        Another language.
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language of a report", language, LANGUAGES)
    blocks = [*_summary(verdict, language), *_details(verdict, language)]
    return "\n\n".join(blocks) + "\n"


def _summary(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    held = "held first" if verdict.champion is None else "held"
    yield text["promoted" if verdict.promote else held]
    yield text[verdict.value]
    if verdict.pooled is not None:
        yield _shares(verdict.pooled, verdict, language)
    if verdict.more_rows_needed:
        yield text["more"].format(count=verdict.more_rows_needed)
    failing = [check for check in verdict.checks if not check.holds]
    if failing:
        lines = [
            f"- {named(check.name, language)}{text['colon']}{_sentence(check.because, language)}"
            for check in failing
        ]
        yield "\n".join([text["why not"], "", *lines])


def _shares(pooled: Comparison, verdict: Verdict, language: str) -> str:
    measure = "accuracy" if pooled.measured is None else verdict.measure.name
    text = _words(verdict, language, measure=measure)
    measured = ""
    if pooled.measured is not None:
        before, now = (figure(value, measure) for value in pooled.measured)
        measured = text[f"by {measure}"].format(before=before, now=now)
    shares = text["shares"].format(
        measured=measured,
        rows=pooled.rows,
        now=_points(pooled.challenger),
        before=_points(pooled.champion),
        change=f"{100 * (pooled.challenger - pooled.champion):+.1f}",
        gained=pooled.gained,
        lost=pooled.lost,
    )
    smallest = text["smallest cost" if measure == "cost" else "smallest"]
    points = figure(pooled.smallest_detectable, measure)
    return shares + text["space"] + smallest.format(points=points)


def _priced(measure: Measure, text: dict[str, str]) -> str:
    """Say what the costs were that judged."""
    named_costs = [
        text["missed"].format(truth=truth, answer=answer or text["any"], cost=f"{cost:g}")
        for truth, answer, cost in measure.missed
    ]
    mistake, pass_on = f"{MISTAKE:g}", f"{measure.pass_on:g}"
    costs = text["and"].join(named_costs) or text["none"]
    return text["costs"].format(costs=costs, mistake=mistake, pass_on=pass_on)


def _details(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    yield text["conditions"]
    yield _conditions(verdict, language)
    yield text["comparisons"]
    yield _comparisons(verdict, language)
    yield text["help"]
    if verdict.small_slices:
        sizes = verdict.small_slices.items()
        names = text["comma"].join(f"{named(name, language)} ({rows})" for name, rows in sizes)
        yield text["small"].format(names=names)
    yield from _complaints(verdict, language)
    if verdict.negative_flips:
        yield text["flips"]
        yield _flips(verdict.negative_flips, language)
    yield text["notes"]
    facts = text["facts"].format(
        suite=verdict.suite,
        looks=verdict.looks,
        challenger=verdict.challenger,
        champion=verdict.champion or text["none"],
    )
    priced = (_priced(verdict.measure, text),) if verdict.measure.name == "cost" else ()
    yield "\n".join(f"- {_sentence(note, language)}" for note in (facts, *priced, *verdict.notes))


def _conditions(verdict: Verdict, language: str) -> str:
    text = _words(verdict, language)
    rows = [
        f"| {text['yes' if check.holds else 'no']} | {named(check.name, language)} "
        f"| {_cell(_sentence(check.because, language))} |"
        for check in verdict.checks
    ]
    return "\n".join([text["condition"], "|---|---|---|", *rows])


def _comparisons(verdict: Verdict, language: str) -> str:
    found = {} if verdict.pooled is None else {"pooled": verdict.pooled}
    found |= {**verdict.parts, **verdict.slices}
    text, measure = _words(verdict, language), verdict.measure.name
    columns = text["columns"]
    if measure != "accuracy":
        columns = columns.format(measure=text[measure])
    numbers = columns.count("|") - 3  # but the first and the last
    head = [columns, f"|---|{'--:|' * numbers}---|"]
    return "\n".join(
        [*head, *(_row(name, each, language, measure) for name, each in found.items())]
    )


def _row(name: str, found: Comparison, language: str, measure: str) -> str:
    measured = () if measure == "accuracy" else _measured(found, measure)
    cells = (
        _cell(named(name, language)),
        found.rows,
        *measured,
        _points(found.champion),
        _points(found.challenger),
        found.gained,
        found.lost,
        chance(found.p_better),
        chance(found.p_worse),
        named(found.value, language),
    )
    return f"| {' | '.join(map(str, cells))} |"


def _measured(found: Comparison, measure: str) -> tuple[str, str]:
    """Return the cells of the measure; preferences have none."""
    if found.measured is None:
        return "–", "–"
    before, now = found.measured
    return figure(before, measure), figure(now, measure)


def _complaints(verdict: Verdict, language: str) -> Iterator[str]:
    text = _words(verdict, language)
    if verdict.fix_rate is None:
        return
    said = [text["fix rate"].format(share=_points(verdict.fix_rate))]
    if verdict.placebo_fix_rate is not None:
        said.append(text["placebo"].format(share=_points(verdict.placebo_fix_rate)))
    yield text["fix"]
    yield text["space"].join(said)


def _flips(rows: tuple[str, ...], language: str) -> str:
    text, more = TEXT[language], len(rows) - _FLIPS_SHOWN
    names = text["comma"].join(rows[:_FLIPS_SHOWN])
    further = text["further"].format(count=more) if more > 0 else ""
    return text["flips count"].format(count=len(rows), names=names) + further


def _sentence(sentence: str, language: str) -> str:
    return in_chinese(sentence) if language == "zh" else sentence


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
