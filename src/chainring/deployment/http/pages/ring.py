"""The page of the ring: which model answers, how each turn changed it, what its users say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from chainring.contracts.evaluation import Share
from chainring.contracts.measure import MeasureName
from chainring.deployment.http.calls import Call
from chainring.deployment.http.pages.layout import heading, page, short, when
from chainring.deployment.http.pages.markup import Markup, coded, group, tag
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.past import Champion, Day, History, TurnPoint
from chainring.stats.charts import Point, Series, Stack, line_chart, stacked_bars
from chainring.stats.intervals import wilson

WIDTHS = (("desk", 460.0), ("phone", 320.0))
WIDE_WIDTHS = (("desk", 960.0), ("phone", 320.0))
RECENT_DAYS = 7
SHOWN_DAYS = 14
LEAST_ROWS = 20  # of fewer rows in a language an interval tells nothing and flattens the others
SHARE_DAYS = 365  # a day is named without its year


async def ring(call: Call) -> Response:
    """Draw the page."""
    say = Strings(call.language)
    past = await run_in_threadpool(call.verbs.history)
    return page(
        call,
        heading(say("ring.title"), say("ring.lead")),
        _champion(past.champion, say),
        _tiles(past, say),
        tag("div", *_charts(past, say), class_="charts"),
        _turns(past, say),
        title=say("ring.title"),
        active="ring",
        wide=True,
    )


def _champion(champion: Champion | None, say: Strings) -> Markup:
    if champion is None:
        return tag("p", coded(say("ring.no_champion")), class_="notice", role="status")
    since = say("ring.since", when="\x00").partition("\x00")
    return tag(
        "section",
        tag("span", say("ring.champion"), class_="small"),
        tag(
            "p",
            short(champion.model),
            tag("span", champion.form, class_="badge"),
            tag("span", champion.engine, class_="badge"),
            tag("span", since[0], when(champion.since), since[2], class_="hint"),
            class_="facts",
        ),
        tag("p", _took_over(champion.because, say)) if champion.because else None,
        class_="card champion",
    )


def _took_over(because: str, say: Strings) -> str:
    """Return why a model took over: what was measured then, which later turns may have changed."""
    return say("ring.took_over", because=_because(because, say))


def _tiles(past: History, say: Strings) -> Markup:
    recent = past.days[-RECENT_DAYS:]
    answers = sum(day.predictions for day in recent)
    passed = sum(day.passed_on for day in recent)
    reactions = sum(sum(day.feedback.values()) for day in recent)
    days = say("ring.last_day") if len(recent) == 1 else say("ring.last_days", n=len(recent))
    span = days if recent else say("none_yet")
    waiting = [
        f"{say.known(f'waiting.{name}', say.known(f'kind.{name}', name))} {count}"
        for name, count in past.waiting.items()
    ]
    waits = sum(past.waiting.values())
    more = "" if past.counted_to is None or waits < past.counted_to else "+"
    return tag(
        "dl",
        *_judged_tiles(past, say),
        _tile(say("ring.predictions"), f"{answers:,}", span),
        _tile(say("ring.passed_on"), f"{passed / answers:.1%}" if answers else "–", span),
        _tile(say("ring.feedback"), f"{reactions:,}", span),
        _tile(say("ring.waiting"), f"{waits:,}{more}", " · ".join(waiting)),
        class_="tiles",
    )


def _judged_tiles(past: History, say: Strings) -> Iterator[Markup]:
    """Yield what the champion came to when it was last judged, first by the measure that judged."""
    name = _called(past, say, "ring.accuracy")
    model = "" if past.champion is None else past.champion.model
    turn = next(
        (t for t in reversed(past.turns) if model and model in (t.challenger, t.served)), None
    )
    if turn is None:
        yield _tile(name, "–", say("none_yet"))
        return
    is_new = turn.challenger == model
    if turn.measured is not None:
        value = _measured(turn.measured[is_new], turn.measure)
        yield _tile(say(f"ring.by.{turn.measure}"), value, say("ring.of_turn", n=turn.number))
    share = turn.accuracy if is_new else turn.champion
    if share is None:
        yield _tile(name, "–", say("none_yet"))
        return
    between = say("ring.between", low=f"{share.low:.1%}", high=f"{share.high:.1%}")
    yield _tile(name, f"{share.estimate:.1%}", between)


def _called(past: History, say: Strings, key: str) -> str:
    """Return what accuracy is called: where answers are graded it is a mean score."""
    return say(f"{key}.graded" if past.graded else key)


def _measured(value: float, measure: MeasureName) -> str:
    return f"{value:.3g}" if measure == "cost" else f"{value:.1%}"


def _tile(name: str, value: str, note: str) -> Markup:
    return tag(
        "div",
        tag("dt", name),
        tag("dd", tag("strong", value), tag("span", note, class_="hint")),
        class_="card",
    )


def _charts(past: History, say: Strings) -> list[Markup]:
    name = _measure_of(past.turns)
    first = [] if name is None else [_by_measure(past.turns, name, say)]
    return [
        *first,
        _both(lambda width: _accuracy(past, say, width)),
        _both(lambda width: _by_language(past, say, width)),
        _both(lambda width: _shares(past.days, say, width, kind="passed_on")),
        _both(lambda width: _shares(past.days, say, width, kind="satisfaction")),
        _both(lambda width: _feedback(past.days, say, width), wide=True),
    ]


def _both(draw: Callable[[float], str], *, wide: bool = False) -> Markup:
    """Return a chart twice: letters stay readable on a phone only if it is drawn for one."""
    widths = WIDE_WIDTHS if wide else WIDTHS
    drawn = [tag("div", Markup(draw(width)), class_=name) for name, width in widths]
    return tag("figure", *drawn, class_="card across" if wide else "card")


def _measure_of(turns: Sequence[TurnPoint]) -> MeasureName | None:
    """Return the measure that judged last and has figures of its own; None by accuracy."""
    return turns[-1].measure if turns and turns[-1].measured is not None else None


def _by_measure(turns: Sequence[TurnPoint], name: MeasureName, say: Strings) -> Markup:
    found = [(t, t.measured) for t in turns if t.measured is not None and t.measure == name]
    new = tuple(Point(x=str(t.number), y=both[1]) for t, both in found)
    before = tuple(Point(x=str(t.number), y=both[0]) for t, both in found if t.served)
    lines = (
        Series(name=say("ring.challenger"), points=new),
        Series(name=say("ring.before"), points=before),
    )
    return _both(
        lambda width: line_chart(
            lines,
            title=say(f"ring.by.{name}"),
            x_label=say("ring.turn"),
            y_label=say("ring.chart.same_rows"),
            intervals=False,
            percent=name != "cost",
            x_values=[str(t.number) for t in turns],
            width=width,
        ),
        wide=True,
    )


def _accuracy(past: History, say: Strings, width: float) -> str:
    turns = past.turns
    lines = (
        Series(name=say("ring.challenger"), points=_points(turns, lambda t: t.accuracy)),
        Series(name=say("ring.before"), points=_points(turns, lambda t: t.champion)),
    )
    return line_chart(
        lines,
        title=_called(past, say, "ring.chart.accuracy"),
        x_label=say("ring.turn"),
        y_label=say("ring.chart.interval"),
        x_values=[str(t.number) for t in turns] or None,
        empty=say("none_yet"),
        width=width,
    )


def _by_language(past: History, say: Strings, width: float) -> str:
    turns = past.turns
    many = (n for t in turns for n, share in t.languages.items() if share.rows >= LEAST_ROWS)
    names = sorted(set(many))
    lines = [
        Series(
            name=say.known(f"language.{name}", name),
            points=_points(turns, lambda t, name=name: _of_many(t, name)),  # type: ignore[misc]
        )
        for name in names
    ]
    return line_chart(
        lines,
        title=_called(past, say, "ring.chart.languages"),
        x_label=say("ring.turn"),
        y_label=say("ring.chart.interval"),
        x_values=[str(t.number) for t in turns] or None,
        empty=say("none_yet"),
        width=width,
    )


def _of_many(turn: TurnPoint, language: str) -> Share | None:
    share = turn.languages.get(language)
    return share if share is not None and share.rows >= LEAST_ROWS else None


def _points(
    turns: Sequence[TurnPoint], share: Callable[[TurnPoint], Share | None]
) -> tuple[Point, ...]:
    found = [(str(turn.number), share(turn)) for turn in turns]
    return tuple(
        Point(x=x, y=each.estimate, low=each.low, high=each.high)
        for x, each in found
        if each is not None
    )


def _shares(days: Sequence[Day], say: Strings, width: float, *, kind: str) -> str:
    counts = [
        (day, day.passed_on, day.predictions)
        if kind == "passed_on"
        else (day, day.thumbs_up, day.thumbs_up + day.thumbs_down)
        for day in days[-SHARE_DAYS:]
    ]
    points = tuple(_share_point(day, part, of) for day, part, of in counts if of)
    return line_chart(
        [Series(name="", points=points)],
        title=say(f"ring.chart.{kind}"),
        x_label=say("ring.day"),
        x_values=[_short_day(day) for day, _, _ in counts] or None,
        y_label=say("ring.chart.thumbs") if kind == "satisfaction" else "",
        empty=say("none_yet"),
        width=width,
        height=260.0,
    )


def _share_point(day: Day, part: int, of: int) -> Point:
    found = wilson(part, of)
    return Point(x=_short_day(day), y=part / of, low=found.low, high=found.high)


def _feedback(days: Sequence[Day], say: Strings, width: float) -> str:
    stacks = [
        Stack(
            label=_short_day(day),
            parts={say(f"feedback.{name}"): count for name, count in day.feedback.items()},
        )
        for day in days[-SHOWN_DAYS:]
    ]
    return stacked_bars(
        stacks, title=say("ring.chart.feedback"), empty=say("none_yet"), width=width
    )


def _short_day(day: Day) -> str:
    return day.day[5:]


def _turns(past: History, say: Strings) -> Markup:
    if not past.turns:
        return group()
    name = _measure_of(past.turns)
    heads = [say("ring.turn"), say("ring.when"), say("ring.model")]
    heads += [] if name is None else [say(f"ring.by.{name}")]
    heads += [_called(past, say, "ring.accuracy"), say("ring.verdict"), say("ring.because")]
    rows = [_row(turn, past, say) for turn in reversed(past.turns)]
    return tag(
        "section",
        tag("h2", say("ring.turns")),
        tag(
            "div",
            tag(
                "table",
                tag("thead", tag("tr", *(tag("th", head, scope="col") for head in heads))),
                tag("tbody", *rows),
            ),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label=say("ring.turns"),
        ),
    )


def _row(turn: TurnPoint, past: History, say: Strings) -> Markup:
    kept = ("promoted", "good") if turn.promoted else ("held", "")
    name = _measure_of(past.turns)
    has_figure = turn.measured is not None and turn.measure == name
    figure = _measured(turn.measured[1], turn.measure) if turn.measured and has_figure else "–"
    judged = f"measure.{turn.measure}"
    by = _called(past, say, judged) if turn.measure == "accuracy" else say(judged)
    return tag(
        "tr",
        tag("th", str(turn.number), scope="row"),
        tag("td", when(turn.at)),
        tag("td", short(turn.challenger), " ", tag("span", turn.part, class_="hint")),
        None if name is None else tag("td", tag("strong", figure), class_="number"),
        tag("td", _written(turn.accuracy), class_="number"),
        tag(
            "td",
            tag("span", say(f"ring.{kept[0]}"), class_=f"badge {kept[1]}"),
            " ",
            say.known(f"verdict.{turn.value}", turn.value),
            " ",
            tag("span", by, class_="hint"),
        ),
        tag("td", _because(turn.because, say), class_="hint"),
    )


def _because(reason: str, say: Strings) -> str:
    """Return a reason in the page's language; older turns kept a verdict by its name."""
    return say.known(f"verdict.{reason}", say.told(reason))


def _written(share: Share | None) -> Markup:
    if share is None:
        return group("–")
    interval = tag("span", f"{share.low:.1%} – {share.high:.1%}", class_="hint")
    return group(tag("strong", f"{share.estimate:.1%}"), " ", interval)
