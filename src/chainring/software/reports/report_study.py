"""The part of the report that says what would make the model better.

Enters a study with the rows it names and what the caller may be shown; leaves cards of HTML: the
learning curve and what twice the labels would bring, the labels that want rows, labels that are
likely wrong, and the surest mistakes with the rows they may come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from chainring.contracts.access import row_facts
from chainring.contracts.dataset import Row
from chainring.contracts.evaluation import Share
from chainring.contracts.measure import MeasureName
from chainring.contracts.said import in_language
from chainring.contracts.study import Near, Study, SuspectLabel, Wanted
from chainring.data.looking.samples import shown
from chainring.ring.sight import Sight
from chainring.software.reports.report_cards import both, identifier, paragraph, table
from chainring.software.reports.studying import Studied
from chainring.stats.charts import Point, Series, line_chart

MOST_WANTED = 8
MOST_SUSPECTS = 12
FEW_A_LABEL = 40
"""Under so many rows a label on average curves have been seen to rise faster than foretold."""

UNSURE_POINTS = 0.005
"""A gain whose interval ends below half a point is called none."""


def study_cards(
    studied: Studied,
    suspects: Sequence[tuple[SuspectLabel, Row]],
    say: dict[str, str],
    *,
    sight: Sight,
    measure: MeasureName = "accuracy",
) -> Iterator[str]:
    """Yield the cards; where a part could not be made, a sentence says why.

    Parameters
    ----------
    suspects
        Those that nobody decided on yet.
    measure
        What judges; the study knows accuracy alone, and says so where that is another.
    """
    found = studied.study
    if found is None:
        yield paragraph(in_language(studied.because, say["code"]))
        return
    looked_at = rows_studied(found)
    if looked_at < found.rows:
        yield paragraph(say["sampled"].format(n=f"{looked_at:,}", rows=f"{found.rows:,}"))
    if found.gain is not None:
        yield _curve(found, say)
        few = looked_at < FEW_A_LABEL * len(found.wanted)
        yield "".join(
            [
                paragraph(gain_sentence(found, say)),
                "" if measure == "accuracy" else paragraph(say[f"curve not {measure}"]),
                paragraph(say["few a label"]) if few else "",
                paragraph(say["gain how"], muted=True),
            ]
        )
        yield _wanted(found.wanted, say)
    for part, because in found.skipped.items():
        yield paragraph(f"{say[f'no {part}']}{say['colon']}{in_language(because, say['code'])}")
    if "suspects" not in found.skipped:
        yield _suspects(found, suspects, studied, say, sight)
    if "mistakes" not in found.skipped:
        yield _mistakes(found, studied, say, sight)


def gain_sentence(found: Study, say: dict[str, str]) -> str:
    """Return what twice the labels would bring, in one sentence that says how it is known."""
    gain, twice = found.gain, found.forecast[-1] if found.forecast else None
    if gain is None or twice is None:
        return ""
    points = {
        "rows": f"{twice.rows:,}",
        "points": f"{100 * gain.estimate:.1f}",
        "low": f"{100 * gain.low:.1f}",
        "high": f"{100 * gain.high:.1f}",
        "learner": learner_name(found.learner, say),
    }
    return say["gain" if gain.high >= UNSURE_POINTS else "no gain"].format(**points)


def learner_name(learner: str, say: dict[str, str]) -> str:
    """Return the stand-in's name in the language of the page."""
    base = learner.partition(" on the frozen ")[2]
    return say["frozen"].format(base=base) if base else learner


def rows_studied(found: Study) -> int:
    """Return how many rows were told by models that had not seen them: all, or a sample."""
    return sum(one.found.rows for one in found.wanted) or found.rows


def wanted_names(found: Study, *, count: int = 3) -> list[str]:
    """Return the labels that want rows most; none where all are told alike."""
    if not found.wanted:
        return []
    mean = sum(w.found.estimate * w.found.rows for w in found.wanted) / rows_studied(found)
    return [w.label for w in found.wanted[:count] if w.found.estimate < mean]


def _curve(found: Study, say: dict[str, str]) -> str:
    measured, told = _points(found.curve), _points(found.forecast)
    places = [point.x for point in (*measured, *told)]
    lines = [
        Series(name=say["measured"], points=measured),
        Series(name=say["foretold"], points=told),
    ]
    return both(
        lambda width: line_chart(
            lines,
            title=say["learning curve"],
            x_label=say["rows to learn from"],
            y_label=say["interval"],
            x_values=places,
            empty=say["empty"],
            width=width,
        )
    )


def _points(shares: Sequence[Share]) -> tuple[Point, ...]:
    return tuple(Point(x=f"{s.rows:,}", y=s.estimate, low=s.low, high=s.high) for s in shares)


def _wanted(labels: Sequence[Wanted], say: dict[str, str]) -> str:
    rows = [
        (
            escape(one.label),
            f"{one.found.rows:,}",
            f"{one.found.estimate:.0%} ({one.found.low:.0%}–{one.found.high:.0%})",
            f"{100 * one.gained:+.0f}",
            f"{one.taken:,}",
        )
        for one in labels[:MOST_WANTED]
    ]
    head = [say[key] for key in ("label", "rows", "told right", "second half", "taken")]
    return f"<h3>{escape(say['wanted'])}</h3>{table(head, rows)}" + paragraph(
        say["wanted how"], muted=True
    )


def _suspects(
    found: Study,
    suspects: Sequence[tuple[SuspectLabel, Row]],
    studied: Studied,
    say: dict[str, str],
    sight: Sight,
) -> str:
    head = f"<h3>{escape(say['suspects'])}</h3>"
    decided = len([one for one in found.suspects if one.row in studied.rows]) - len(suspects)
    if not suspects:
        return head + paragraph(say["no suspects left" if decided else "none suspected"])
    rows = [
        (row_text(row, say, sight), escape(one.label), escape(one.likely), f"{one.margin:.0%}",
         identifier(one.row))
        for one, row in suspects[:MOST_SUSPECTS]
    ]  # fmt: skip
    told = say["suspected"].format(
        n=f"{found.suspected:,}", rows=f"{rows_studied(found):,}", shown=len(rows), decided=decided
    )
    names = [say[key] for key in ("text", "given", "likely", "margin", "row")]
    return head + paragraph(told) + table(names, rows) + paragraph(say["suspected how"], muted=True)


def _mistakes(found: Study, studied: Studied, say: dict[str, str], sight: Sight) -> str:
    rows = [
        (
            row_text(studied.rows[one.row], say, sight),
            escape(one.label) or target_text(studied.rows[one.row], say, sight),
            f"{escape(one.answer)} {one.grade:.2f}"
            if found.graded
            else f"{escape(one.answer)} {one.confidence:.0%}",
            "".join(_near(near, studied, say, sight) for near in one.near) or "–",
            identifier(one.row),
        )
        for one in found.mistakes
        if one.row in studied.rows
    ]
    head = f"<h3>{escape(say['mistakes'])}</h3>"
    passed_on = (
        paragraph(say["mistakes passed on"].format(n=f"{found.passed_on:,}"))
        if found.passed_on
        else ""
    )
    if not rows and not found.mistaken:
        return head + paragraph(say["no mistake"].format(rows=f"{found.judged:,}")) + passed_on
    key = "mistaken by grade" if found.graded else "mistaken"
    told = say[key].format(n=f"{found.mistaken:,}", rows=f"{found.judged:,}")
    answered = "grade" if found.graded else "answer"
    names = [say[name] for name in ("text", "truth", answered, "nearest", "row")]
    shown_rows = table(names, rows) + paragraph(say["mistakes how"], muted=True) if rows else ""
    return head + paragraph(told) + passed_on + shown_rows


def _near(near: Near, studied: Studied, say: dict[str, str], sight: Sight) -> str:
    row = studied.rows.get(near.row)
    told = escape(say["forgotten"]) if row is None else row_text(row, say, sight)
    value = escape(near.label) or ("" if row is None else target_text(row, say, sight))
    label = f"<b>{value}</b> {near.likeness:.2f}"
    return f"<div class=near>{label} {told}<br>{identifier(near.row)}</div>"


def target_text(row: Row, say: dict[str, str], sight: Sight) -> str:
    """Return the text that a row has as its value as HTML, or that it is withheld."""
    text = sight.text(row.target, row_facts(row)) if row.target else ""
    return escape(say["withheld"] if text is None else shown(text))


def row_text(row: Row, say: dict[str, str], sight: Sight) -> str:
    """Return the text of a row as HTML, or that it is withheld."""
    text = sight.text(row.text, row_facts(row))
    if text is None:
        return f"<span class=muted>{escape(say['withheld'])}</span>"
    other = f"<br>{escape(shown(row.pair))}" if row.pair else ""
    return f"<div class=said>{escape(shown(text))}{other}</div>"
