"""The data report: one self-contained HTML page about a data set, nothing from outside.

Enters a `Look`, leaves a page in English or Chinese: what stands out, rows, what was left out,
sources and licences, words, drift against the data set before, the population, and the data card.

    write_data_report(project, Path("data-report.html"), language="zh")
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.errors import UnknownNameError
from chainring.contracts.said import in_language
from chainring.data.looking.card import CardFacts, data_card, moment
from chainring.data.looking.drops import Drop, Place
from chainring.data.looking.numbers import binned
from chainring.software.reports.data_findings import findings
from chainring.software.reports.data_look import Look, look
from chainring.software.reports.data_report_compared import compared, stands
from chainring.software.reports.data_report_words import WORDS
from chainring.software.reports.report_cards import (
    MORE_STYLE,
    STYLE,
    both,
    coded,
    markdown,
    section,
    table,
    with_contents,
)
from chainring.software.telling.results import short
from chainring.software.verbs.auditing import looking
from chainring.stats.charts import Bar, Stack, bar_chart, stacked_bars
from chainring.store.files import write_durably
from chainring.text.errors import in_both
from chainring.text.house_words import counted, house_term, house_terms, house_word

if TYPE_CHECKING:
    from chainring.software.api import Project

MOST_BARS = 15


def write_data_report(
    project: Project,
    path: Path,
    *,
    language: str = "en",
    texts: bool = True,
    card: Path | None = None,
) -> Path:
    """Write the page, and its data card as Markdown where `card` names a file; return the page.

    Raises
    ------
    UnknownNameError
        When the language is not ours.
    InputError
        When no turn has made a data set yet.
    """
    if language not in WORDS:
        raise UnknownNameError("language", language, WORDS)
    with looking(project, "data report", texts=texts) as sight:
        found = look(project, sight=sight)
    write_durably(path, data_page(found, language=language).encode())
    if card is not None:
        write_durably(card, card_of(found, language=language).encode())
    return path


def data_page(found: Look, *, language: str) -> str:
    """Return the page of a look."""
    say = WORDS[language]
    return with_contents("".join(_page(found, say, language)), name=say["contents"])


def card_of(found: Look, *, language: str) -> str:
    """Return the data card of a look as Markdown."""
    say = WORDS[language]
    used = [
        say["served" if served else "not served"].format(
            model=f"`{short(model.address)}`", part=model.part
        )
        for model, served in found.models
    ]
    facts = CardFacts(
        data=found.data,
        numbers=found.numbers,
        terms=found.terms,
        drops=found.drops,
        chain=found.chain,
        models=used,
        findings=findings(found, language=language),
        redacted=found.redacted,
        reasons={d.reason: in_language(in_both(d.reason), language) for d in found.drops},
    )
    return data_card(facts, language=language)


def _page(found: Look, say: dict[str, str], language: str) -> Iterator[str]:
    title = f"{found.data.app} · {say['title']}"
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f"<!doctype html><html lang={language}><meta charset=utf-8>"
    yield "<meta name=viewport content='width=device-width,initial-scale=1'>"
    yield f"<title>{escape(title)}</title><style>{STYLE}{MORE_STYLE}</style><main>"
    yield f"<h1>{escape(title)}</h1><p class=lead>{escape(_lead(found, say))} · {now}</p>"
    yield from section(say["short"], [_short(found, say, language)])
    yield from section(say["rows"], list(_rows(found, say)))
    yield from section(say["left out"], list(_left_out(found, say, language)))
    yield from section(say["origin"], list(_origin(found, say)))
    yield from section(say["words"], list(_words(found, say)))
    yield from section(say["drift"], list(compared(found, say)))
    yield from section(say["population"], list(stands(found, say)))
    yield from section(say["card"], [markdown(card_of(found, language=language))])
    yield "</main></html>"


def _lead(found: Look, say: dict[str, str]) -> str:
    made = say["made"].format(
        rows=f"{found.numbers.rows:,}",
        records=f"{sum(found.terms.values()) or found.numbers.records:,}",
        at=moment(found.chain[-1].started) if found.chain else "–",
    )
    return f"{say['dataset']} {short(found.data.address)} · {made}"


def _short(found: Look, say: dict[str, str], language: str) -> str:
    lines = findings(found, language=language)
    if not lines:
        return f"<p>{escape(say['all well'])}</p>"
    return "<ul class=found>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _rows(found: Look, say: dict[str, str]) -> Iterator[str]:
    counted = found.numbers
    splits = {house_word(name, say["code"]): n for name, n in counted.by("split").items()}
    yield _bars(splits, say["by split"], say)
    yield _bars(_settled(counted.by("language"), say), say["by language"], say)
    yield _lengths(found, say)
    yield _bars(counted.by("label"), say["by label"], say)
    if groups := counted.by("protected"):
        yield _bars(groups, say["by group"], say)


def _settled(languages: Mapping[str, int], say: dict[str, str]) -> dict[str, int]:
    return {say["unsettled"] if name == "und" else name: n for name, n in languages.items()}


def _lengths(found: Look, say: dict[str, str]) -> str:
    all_lengths = sum(found.numbers.lengths.values(), Counter[int]())
    by_language = {name: binned(n) for name, n in sorted(found.numbers.lengths.items())}
    stacks = [
        Stack(
            label=name,
            parts={
                house_word(language or "und", say["code"]): float(bins.get(name, 0))
                for language, bins in by_language.items()
            },
        )
        for name in binned(all_lengths)
    ]
    return both(
        lambda width: stacked_bars(stacks, title=say["lengths"], empty=say["empty"], width=width)
    )


def _left_out(found: Look, say: dict[str, str], language: str) -> Iterator[str]:
    counts: Counter[str] = Counter()
    for one in found.drops:
        counts[in_language(in_both(one.reason), language)] += one.rows
    yield _bars(dict(counts.most_common()), say["by reason"], say, tone_bad=True)
    yield _copies(found, say)
    rows = [row for one in found.drops for row in _sampled(one, found.samples, say, language)]
    if rows:
        head = (say["reason"], say["where"], say["text"])
        yield f"<h3>{escape(say['samples'])}</h3>" + table(head, rows)


def _copies(found: Look, say: dict[str, str]) -> str:
    copies = sum(one.rows for one in found.drops if one.is_duplicate)
    read = max(1, sum(found.terms.values()) or found.numbers.records)
    merged = found.numbers.records - found.numbers.rows
    share = f"{100 * copies / read:.1f}%"
    lines = [say["copies"].format(n=f"{copies:,}", share=share)]
    lines += [say["merged"].format(n=f"{merged:,}")] if merged > 0 else []
    return f"<h3>{escape(say['duplicates'])}</h3>" + "".join(f"<p>{escape(x)}</p>" for x in lines)


def _sampled(
    one: Drop, samples: Mapping[Place, str], say: dict[str, str], language: str
) -> Iterator[tuple[str, str, str]]:
    for place in one.places:
        text = samples.get(place)
        if not one.may_be_shown:
            shown = f"<span class=muted>{escape(say['not shown'])}</span>"
        elif text is None:
            said = say["why"].format(id=place.answer) if place.answer else say["gone"]
            shown = f"<span class=muted>{coded(said)}</span>"
        else:
            shown = escape(text) or "–"
        source = house_term(place.source, say["code"], kind="source")
        where = " ".join(part for part in (source, place.locator or place.record) if part)
        yield escape(in_language(in_both(one.reason), language)), escape(where), shown


def _origin(found: Look, say: dict[str, str]) -> Iterator[str]:
    by, code = found.numbers.by, say["code"]
    yield _bars(counted(by("source"), code, kind="source"), say["by source"], say)
    yield _bars(counted(by("licence"), code, kind="licence"), say["by licence"], say)
    rows = [
        (*(escape(one) for one in house_terms(term, say["code"])), f"{count:,}")
        for term, count in list(found.terms.items())[: 2 * MOST_BARS]
    ]
    yield table([say[key] for key in ("source", "licence", "consent", "records")], rows)


def _words(found: Look, say: dict[str, str]) -> Iterator[str]:
    for language in sorted(found.words.languages):
        frequent = dict(found.words.frequent(language))
        title = say["frequent"].format(name=say["unsettled"] if language == "und" else language)
        if frequent:
            yield _bars(frequent, title, say, value_label=say["frequent how"])
    for label in found.words.labels:
        strong = {one.word: round(one.z, 1) for one in found.words.distinctive(label)}
        if strong:
            title = say["distinctive"].format(name=label)
            yield _bars(strong, title, say, value_label=say["distinctive how"])
    if found.word_map:
        yield _word_map(found, say)
    if found.words.rows < found.numbers.rows:
        told = say["word sample"].format(n=f"{found.words.rows:,}")
        yield f"<p class=muted>{escape(told)}</p>"


def _word_map(found: Look, say: dict[str, str]) -> str:
    from chainring.data.words.picture import listed, picture

    drawn = both(
        lambda width: picture(
            found.word_map, language=say["map words"], width=width, height=0.75 * width
        )
    )
    words = listed(found.word_map, language=say["map words"])
    return drawn + f"<p class=muted>{escape(say['map how'])}</p>{words}"


def _bars(
    counts: Mapping[str, float],
    title: str,
    say: dict[str, str],
    *,
    tone_bad: bool = False,
    value_label: str = "",
) -> str:
    names = list(counts)
    bars = [Bar(label=name, value=counts[name]) for name in names[:MOST_BARS]]
    rest = names[MOST_BARS:]
    if rest:
        bars.append(Bar(label=say["rest"].format(n=len(rest)), value=sum(counts[n] for n in rest)))
    return both(
        lambda width: bar_chart(
            bars,
            title=title,
            value_label=value_label or say["row"],
            tone="bad" if tone_bad else "accent",
            empty=say["empty"],
            width=width,
        )
    )
