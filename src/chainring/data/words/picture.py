"""The map of words as a picture: a dot a word, its name beside it where no other name stands.

Enter places on a plane, leaves SVG text, or a page that holds it; light and dark, nothing loaded.

    page(word_map(vectors), facts=vectors.facts, language="en")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from chainring.contracts.errors import UnknownNameError
from chainring.data.words.map import Place
from chainring.stats.charts import svg
from chainring.stats.charts.svg import Box, Scale

SIZE = 12.0
LARGEST = 17.0
_RADIUS = 2.6
_STYLE = """
:root{color-scheme:light dark;--paper:#f7f6f3;--card:#fff;--ink:#1f2933;--muted:#5a6672;
--grid:#e6e8eb;--accent:#1b6f78;--series-2:#9a5f14}
@media(prefers-color-scheme:dark){:root{--paper:#12161a;--card:#1a2026;--ink:#e7ebef;
--muted:#a0acb8;--grid:#2c353d;--accent:#62bcc5;--series-2:#dfa45b}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:1200px;margin:0 auto;padding:24px 20px 48px}
.card{background:var(--card);border-radius:12px;padding:18px;overflow-x:auto}
.card svg{min-width:720px;height:auto;display:block}p{color:var(--muted);margin:12px 2px}
"""
WORDS = {
    "en": {
        "title": "Map of words",
        "english": "English",
        "chinese": "Chinese",
        "all": "All words, the most frequent first",
        "comma": ", ",
        "told": "{words} words, {dimensions} numbers each, {kind}; {corpus} words of text. The "
        "{shown} most frequent content words: near ones keep like company."
        " Words whose names found no room stand in the list below.",
        "licence": "Licence of the text: {licence}.",
    },
    "zh": {
        "title": "词语地图",
        "english": "英文",
        "chinese": "中文",
        "all": "全部词语，按频次排列",
        "comma": "、",
        "told": "{words} 个词，每个词 {dimensions} 个数，方法 {kind}；语料共 {corpus} 词。"
        "图中是最常见的 {shown} 个实词：用法相近的词彼此靠近。图中标不下的词见下方列表。",
        "licence": "文本许可：{licence}。",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A name and where its baseline begins, ends, or is centred."""

    x: float
    y: float
    anchor: str
    box: Box


def page(places: Sequence[Place], *, facts: dict[str, Any], language: str = "en") -> str:
    """Return a self-contained HTML page with the map and what it was made from."""
    say = _words(language)
    told = say["told"].format(
        words=f"{facts['words']:,}",
        dimensions=facts["dimensions"],
        kind=facts["kind"],
        corpus=f"{facts['corpus']['words']:,}",
        shown=len(places),
    )
    licence = say["licence"].format(licence=facts["licence"]) if facts["licence"] else ""
    return (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><head>'
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{say['title']}</title><style>{_STYLE}</style></head><body><main>"
        f'<div class="card">{picture(places, language=language)}</div>'
        f"<p>{escape(told)}</p>{f'<p>{escape(licence)}</p>' if licence else ''}"
        f"{listed(places, language=language)}</main></body></html>\n"
    )


def listed(places: Sequence[Place], *, language: str = "en") -> str:
    """Return all words of a map as text, for who points at nothing: by touch, keys or ear."""
    say, lines = _words(language), ""
    for chinese, code, name in ((False, "en", "english"), (True, "zh", "chinese")):
        own = [escape(place.word) for place in places if place.chinese == chinese]
        if own:
            words = f"<span lang={code}>{say['comma'].join(own)}</span>"
            lines += f"<p><strong>{say[name]}</strong> {words}</p>"
    return f"<details><summary>{say['all']}</summary>{lines}</details>"


def picture(
    places: Sequence[Place],
    *,
    language: str = "en",
    width: float = 1100.0,
    height: float = 760.0,
) -> str:
    """Return the map as one `<svg>`.

    Parameters
    ----------
    places
        Words from the most frequent on: the earlier one gets the room for its name.
    language
        `en` or `zh`, of the words around the map.
    width, height
        Of the view box.
    """
    say = _words(language)
    both = len({place.chinese for place in places}) == 2
    box = Box(left=12, top=svg.TOP if both else 40, right=width - 12, bottom=height - 12)
    dots = _dots(places, box)
    marks = [_dot(place, dot) for place, dot in zip(places, dots, strict=True)]
    marks += _names(places, dots, box)
    return svg.picture(
        _legend(say) if both else "",
        *marks,
        title=say["title"],
        summary=", ".join(place.word for place in places[:12]),
        width=width,
        height=height,
    )


def _words(language: str) -> dict[str, str]:
    if language not in WORDS:
        raise UnknownNameError("language", language, WORDS)
    return WORDS[language]


def _colour(place: Place) -> str:
    return svg.SERIES[1] if place.chinese else svg.SERIES[0]


def _dots(places: Sequence[Place], box: Box) -> list[tuple[float, float]]:
    x = _scale([place.x for place in places], box.left + 8, box.right - 40)
    y = _scale([place.y for place in places], box.bottom - 26, box.top + 18)
    return [(x(place.x), y(place.y)) for place in places]


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    low, high = min(values), max(values)
    return Scale(low=low, high=high if high > low else low + 1, start=start, end=end)


def _dot(place: Place, dot: tuple[float, float]) -> str:
    return svg.element(
        "circle", svg.element("title", text=place.word), cx=dot[0], cy=dot[1], r=_RADIUS,
        fill=_colour(place), fill_opacity=0.55, class_="chart-dot",
    )  # fmt: skip


def _names(places: Sequence[Place], dots: Sequence[tuple[float, float]], box: Box) -> Iterator[str]:
    """Yield the names that find room, the most frequent words' first and a little larger.

    A name may lie on another word's dot where it must, but never on a name.
    """
    names: list[Box] = []
    around = [_around(x, y) for x, y in dots]
    for rank, (place, dot) in enumerate(zip(places, dots, strict=True)):
        size = SIZE + (LARGEST - SIZE) * (1 - rank / len(places)) ** 3
        sides = [side for side in _sides(place.word, dot, size) if _is_free(side.box, names, box)]
        name = next((side for side in sides if _is_free(side.box, around, box)), None)
        if name is not None or sides:
            name = name or sides[0]
            names.append(name.box)
            yield svg.label(
                place.word, x=name.x, y=name.y, anchor=name.anchor, size=size, fill=_colour(place)
            )


def _around(x: float, y: float) -> Box:
    return Box(left=x - _RADIUS, top=y - _RADIUS, right=x + _RADIUS, bottom=y + _RADIUS)


def _sides(word: str, dot: tuple[float, float], size: float) -> Iterator[_Name]:
    wide, (x, y), gap = svg.width_of(word, size), dot, _RADIUS + 2
    for anchor, left, base in (
        ("start", x + gap, y + size * 0.35),
        ("end", x - gap - wide, y + size * 0.35),
        ("middle", x - wide / 2, y - gap - 1),
        ("middle", x - wide / 2, y + gap + size * 0.85),
        ("start", x + gap, y - gap),
        ("start", x + gap, y + gap + size * 0.7),
        ("end", x - gap - wide, y - gap),
        ("end", x - gap - wide, y + gap + size * 0.7),
    ):
        box = Box(left=left, top=base - size * 0.85, right=left + wide, bottom=base + size * 0.2)
        start = {"start": left, "middle": left + wide / 2, "end": left + wide}[anchor]
        yield _Name(x=start, y=base, anchor=anchor, box=box)


def _is_free(box: Box, taken: Sequence[Box], inside: Box) -> bool:
    if box.left < inside.left or box.right > inside.right:
        return False
    if box.top < inside.top or box.bottom > inside.bottom:
        return False
    return not any(overlap(box, other) for other in taken)


def overlap(one: Box, other: Box) -> bool:
    """Return whether two rectangles share more than an edge."""
    beside = one.right <= other.left or other.right <= one.left
    return not (beside or one.bottom <= other.top or other.bottom <= one.top)


def _legend(say: dict[str, str]) -> str:
    found, x = "", 10.0
    for colour, name in ((svg.SERIES[0], say["english"]), (svg.SERIES[1], say["chinese"])):
        found += svg.element("circle", cx=x, cy=37, r=4, fill=colour)
        found += svg.label(name, x=x + 9, y=41)
        x += svg.width_of(name, svg.TEXT) + 34
    return found
