"""The report: one self-contained HTML page about a ring, English or Chinese, nothing from outside.

Enters an opened project, leaves a file: in short, accuracy per turn with intervals (before it the
measure that judges, where that is another), the last verdict in words, where the model errs, what
would make it better, how it was trained, feedback and satisfaction, time and cost per step, and the
model's card.

    write_report(project, Path("report.html"), language="zh", card=Path("model-card.md"))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.lineage import Lineage
from chainring.contracts.model import Model
from chainring.contracts.release import Release
from chainring.contracts.said import in_language
from chainring.contracts.verdict import Verdict
from chainring.data.looking.card import moment
from chainring.deployment.http.past import Day, History
from chainring.ring.release.course import running
from chainring.ring.sight import Sight
from chainring.software.reports.calibrated import calibration_told
from chainring.software.reports.history import evaluations, history
from chainring.software.reports.model_card import model_card
from chainring.software.reports.report_cards import (
    MORE_STYLE,
    STYLE,
    both,
    coded,
    markdown,
    section,
    with_contents,
)
from chainring.software.reports.report_curves import curve_charts
from chainring.software.reports.report_measure import measure_chart, short_measure
from chainring.software.reports.report_quality import candidates, is_sure, quality
from chainring.software.reports.report_study import gain_sentence, study_cards, wanted_names
from chainring.software.reports.report_verdict import verdict_cards
from chainring.software.reports.report_words import WORDS, words
from chainring.software.reports.studying import Studied, open_suspects, study_of
from chainring.software.telling.results import percent, short
from chainring.software.verbs.auditing import looking
from chainring.stats.charts import Bar, Point, Series, Stack, bar_chart, line_chart, stacked_bars
from chainring.store.files import write_durably
from chainring.text.house_words import decider, house_word

if TYPE_CHECKING:
    from chainring.software.api import Project


def write_report(
    project: Project,
    path: Path,
    *,
    language: str = "en",
    texts: bool = True,
    card: Path | None = None,
) -> Path:
    """Write the report and return its path; its model card as Markdown where `card` names a file.

    Parameters
    ----------
    texts
        Whether texts of mistakes and suspected labels are shown.

    Raises
    ------
    UnknownNameError
        When the language is not ours.
    InputError
        When a card is asked for and no model was judged yet.
    """
    if language not in WORDS:
        raise UnknownNameError("language", language, WORDS)
    made = _last_verdict(project)
    studied = study_of(project, say=project.ring.runner.say)
    card_text = "" if made is None else model_card(project, made, language=language)
    with looking(project, "report", texts=texts) as sight:
        page = "".join(_page(project, made, studied, card_text, language, sight))
    page = with_contents(page, name=WORDS[language]["contents"])
    write_durably(path, page.encode())
    if card is not None:
        write_durably(card, (card_text or model_card(project, made, language=language)).encode())
    return path


def _page(
    project: Project,
    made: Lineage | None,
    studied: Studied,
    card: str,
    language: str,
    sight: Sight,
) -> Iterator[str]:
    say, past = words(language, project.ring.recipe.data.task), history(project)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    title = f"{project.app} · {say['title']}"
    yield f"<!doctype html><html lang={language}><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<title>{escape(title)}</title><style>{STYLE}{MORE_STYLE}</style><main>"
    yield f"<h1>{escape(title)}</h1><p class=lead>{escape(_lead(past, say))} · {now}</p>"
    suspects = open_suspects(project, studied)
    if made is not None:
        lines = [
            *_serving(past, decode(Verdict, made.result), say, release=running(project.ring)[1]),
            *_short(project, made, studied, len(suspects), say),
        ]
        yield from section(say["short"], ["<ul class=found>" + "".join(lines) + "</ul>"])
    charts = [_accuracy(past, say), *_languages(past, say)]
    if made is not None:
        charts[:0] = measure_chart(past.turns, say)
    yield from section(say["turns"], charts)
    if made is not None:
        verdict = decode(Verdict, made.result)
        cards = list(verdict_cards(project, made, verdict, say, sight=sight))
        yield from section(say["verdict"], cards)
        yield from section(say["quality"], list(quality(project, made, verdict, say)))
        cards = list(study_cards(studied, suspects, say, sight=sight, measure=verdict.measure.name))
        yield from section(say["better"], cards)
        yield from section(say["candidates"], list(candidates(project, verdict, say)))
        if curves := list(_curves(project, verdict, say)):
            yield from section(say["training"], curves)
    yield from section(say["users"], [_feedback(past.days, say), _satisfaction(past.days, say)])
    yield from section(say["cost"], list(_cost(project, say)))
    if card:
        yield from section(say["card"], [markdown(card.partition("---\n\n")[2] or card)])
    yield "</main></html>"


def _lead(past: History, say: dict[str, str]) -> str:
    if past.champion is None:
        return say["no champion"]
    serves = say["serves"].format(model=short(past.champion.model), form=past.champion.form)
    return f"{serves} · {say['count'].format(n=len(past.turns))}"


def _serving(
    past: History, verdict: Verdict, say: dict[str, str], *, release: Release | None
) -> Iterator[str]:
    """Yield who serves and why, where that is not what the last verdict left."""
    champion = past.champion
    left = verdict.challenger if verdict.promote else verdict.champion
    is_on = release is not None and release.candidate.model == verdict.challenger
    if champion is None or (champion.model == left and not is_on):
        return
    held = "serves held" if champion.model == verdict.challenger else "serves other"
    told = say["serves beside" if is_on else held].format(
        model=short(champion.model),
        when=moment(champion.since),
        by=decider(champion.by, say["code"]),
        because=in_language(champion.because, say["code"]),
        challenger=short(verdict.challenger),
        stage="" if release is None else say[release.stage],
    )
    yield _item(told)


def _short(
    project: Project, made: Lineage, studied: Studied, suspects: int, say: dict[str, str]
) -> Iterator[str]:
    """Yield what a reader should take away, as items of a list."""
    verdict = decode(Verdict, made.result)
    if measured := short_measure(verdict, say):
        yield _item(measured)
    judged = evaluations(project, made).get(verdict.challenger)
    if judged is not None:
        yield _item(
            say["short accuracy"].format(share=in_language(percent(judged.accuracy), say["code"]))
        )
        if judged.calibration_error and is_sure(judged.task):
            yield _item(calibration_told(say["short calibration"], judged, say))
    model = project.ring.ledger.lineage_of_tree(verdict.challenger)
    if model is not None:
        for limit in decode(Model, model.result).limits:
            yield _item(in_language(limit, say["code"]))
    study = studied.study
    if study is not None and study.gain is not None:
        if verdict.measure.name == "accuracy":  # the curve knows no other
            yield _item(gain_sentence(study, say))
        if names := wanted_names(study):
            yield _item(say["short wanted"].format(labels=say["comma"].join(names)))
    if suspects:
        yield _item(say["short suspects"].format(n=suspects))


def _item(text: str) -> str:
    return f"<li>{coded(text)}</li>"


def _curves(project: Project, verdict: Verdict, say: dict[str, str]) -> Iterator[str]:
    trees = project.ring.runner.trees
    if trees.has(verdict.challenger):
        yield from curve_charts(trees.open(verdict.challenger), say)


def _last_verdict(project: Project) -> Lineage | None:
    rows = project.ring.ledger.all_lineage(step="verdict")
    return rows[-1] if rows else None


def _accuracy(past: History, say: dict[str, str]) -> str:
    lines = []
    for name in ("challenger", "champion"):
        points = [
            Point(x=str(turn.number), y=share.estimate, low=share.low, high=share.high)
            for turn in past.turns
            if (share := turn.accuracy if name == "challenger" else turn.champion) is not None
        ]
        lines.append(Series(name=say[name], points=tuple(points)))
    return both(
        lambda width: line_chart(
            lines,
            title=say["accuracy"],
            x_label=say["turn"],
            y_label=say["interval"],
            x_values=[str(turn.number) for turn in past.turns] or None,
            empty=say["empty"],
            width=width,
        )
    )


def _languages(past: History, say: dict[str, str]) -> Iterator[str]:
    found: dict[str, list[Point]] = defaultdict(list)
    for turn in past.turns:
        for language, share in turn.languages.items():
            found[language].append(
                Point(x=str(turn.number), y=share.estimate, low=share.low, high=share.high)
            )
    if len(found) > 1:
        lines = [
            Series(name=house_word(name, say["code"]), points=tuple(points))
            for name, points in sorted(found.items())
        ]
        yield both(
            lambda width: line_chart(
                lines,
                title=say["by language"],
                x_label=say["turn"],
                y_label=say["interval"],
                empty=say["empty"],
                width=width,
            )
        )


def _feedback(days: Sequence[Day], say: dict[str, str]) -> str:
    stacks = [
        Stack(
            label=day.day,
            parts={say.get(kind, kind): float(n) for kind, n in sorted(day.feedback.items())},
        )
        for day in days[-14:]
    ]
    return both(
        lambda width: stacked_bars(stacks, title=say["feedback"], empty=say["empty"], width=width)
    )


def _satisfaction(days: Sequence[Day], say: dict[str, str]) -> str:
    def share(name: str, part: int, whole: int) -> Point | None:
        return Point(x=name, y=part / whole) if whole else None

    rated, confirmed, passed = [], [], []
    for day in days:
        said = day.feedback.get("confirmation", 0)
        judged = said + day.feedback.get("correction", 0)
        rated.append(share(day.day, day.thumbs_up, day.thumbs_up + day.thumbs_down))
        confirmed.append(share(day.day, said, judged))
        passed.append(share(day.day, day.passed_on, day.predictions))
    lines = [
        Series(name=say[name], points=tuple(p for p in points if p is not None))
        for name, points in (
            ("thumbs up", rated),
            ("confirmed", confirmed),
            ("passed on", passed),
        )
    ]
    return both(
        lambda width: line_chart(
            lines,
            title=say["satisfaction"],
            intervals=False,
            x_values=[day.day for day in days] or None,
            empty=say["empty"],
            width=width,
        )
    )


def _cost(project: Project, say: dict[str, str]) -> Iterator[str]:
    seconds: dict[str, float] = defaultdict(float)
    peak: dict[str, float] = defaultdict(float)
    for row in project.ring.ledger.all_lineage():
        seconds[row.step] += row.cpu_s
        peak[row.step] = max(peak[row.step], row.peak_memory_mib)
    for title, values in (("cpu", seconds), ("memory", peak)):
        bars = [
            Bar(label=house_word(step, say["code"]), value=round(value, 1))
            for step, value in values.items()
        ]
        yield _bars(bars, say[title], say)


def _bars(bars: Sequence[Bar], title: str, say: dict[str, str]) -> str:
    return both(lambda width: bar_chart(bars, title=title, empty=say["empty"], width=width))
