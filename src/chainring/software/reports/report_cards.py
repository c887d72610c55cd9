"""What the pages of this room are made of: style, sections, tables, paragraphs, charts for phones.

Enter texts and numbers, leaves HTML that needs nothing from outside; every text is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape

DESK, PHONE = 560.0, 340.0

Draw = Callable[[float], str]

STYLE = """
:root{color-scheme:light dark;--paper:#f7f6f3;--card:#fff;--ink:#1f2933;--muted:#5a6672;
--grid:#e6e8eb;--accent:#1b6f78;--bad:#b03a2e;--series-2:#9d6220;--series-3:#3f7d55}
@media(prefers-color-scheme:dark){:root{--paper:#12161a;--card:#1a2026;--ink:#e7ebef;
--muted:#a0acb8;--grid:#2c353d;--accent:#62bcc5;--bad:#ef8f83;--series-2:#dfa45b;
--series-3:#82c79b}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:1100px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;margin:0 0 4px}h2{font-size:19px;margin:40px 0 12px}
.lead{color:var(--muted);margin:0}
.grid{display:grid;gap:20px;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr))}
.card{background:var(--card);border-radius:12px;padding:18px;overflow-x:auto}
.card svg{width:100%;height:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--grid);
vertical-align:top}
th{color:var(--muted);font-weight:500}td.n{text-align:right;font-variant-numeric:tabular-nums}
.card h3{font-size:17px;margin:0 0 10px}.card h4{font-size:15px;margin:24px 0 8px}
.card{overflow-wrap:anywhere}
"""

MORE_STYLE = """
.desk{display:block}.phone{display:none}
@media(max-width:560px){.desk{display:none}.phone{display:block}main{padding:20px 12px 48px}
.card{padding:12px}.card table:has(th:nth-child(4)){min-width:620px}.said{min-width:150px}}
.card p{margin:0 0 10px}.card p:last-child{margin:0}.muted{color:var(--muted);font-size:14px}
.found{margin:0;padding-left:20px}.found li{margin:4px 0}.bad{color:var(--bad);font-weight:600}
.card:has(table){grid-column:1/-1}.card table{overflow-wrap:break-word}
.id{display:inline-block;max-width:14ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;
vertical-align:bottom}
.card table+p,.card table+p:last-child,.card table+table{margin-top:14px}
nav ol{margin:20px 0 0;padding-left:24px;columns:15em;max-width:56em}nav a{color:var(--accent)}
.near{margin:0 0 8px}td code{color:var(--muted)}
code{font-size:.9em}pre{white-space:pre-wrap}
"""


def markdown(text: str) -> str:
    """Return Markdown as HTML; markup inside it is shown, not run, and nothing leads outside.

    A label or a source's name may be written as a picture: `![a](https://…)`. It stays text.
    """
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    page = str(reader.disable(["image", "link", "autolink"]).render(text))
    return (
        _below_a_section(page).replace("<th></th>", "<td></td>").replace("<th>", "<th scope=col>")
    )


def _below_a_section(page: str) -> str:
    """Return HTML with headings two levels lower: a page has one first heading."""
    return re.sub(r"<(/?)h([1-4])>", lambda tag: f"<{tag[1]}h{int(tag[2]) + 2}>", page)


def section(title: str, cards: Sequence[str]) -> Iterator[str]:
    """Yield a heading and cards side by side."""
    yield f"<h2>{escape(title)}</h2><div class=grid>"
    yield from (f"<div class=card>{card}</div>" for card in cards)
    yield "</div>"


def with_contents(page: str, *, name: str) -> str:
    """Return a page with a list of its sections, which leads to each, before the first."""
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    for place, title in enumerate(titles, 1):
        page = page.replace(f"<h2>{title}</h2>", f"<h2 id=s{place}>{title}</h2>", 1)
    links = "".join(f"<li><a href=#s{i}>{title}</a></li>" for i, title in enumerate(titles, 1))
    contents = f"<nav aria-label='{escape(name)}'><ol>{links}</ol></nav>"
    return page.replace("<h2 id=s1>", f"{contents}<h2 id=s1>", 1)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are HTML already, the head is text."""
    cells = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{cells}</tr>{body}</table>"


def identifier(name: str) -> str:
    """Return an id, short on the page and whole to who copies it."""
    return f"<code class=id>{escape(name)}</code>"


def paragraph(text: str, *, muted: bool = False) -> str:
    """Return a text as a paragraph; what stands between backticks is set as code."""
    return f"<p class=muted>{coded(text)}</p>" if muted else f"<p>{coded(text)}</p>"


def coded(text: str) -> str:
    """Return a text as HTML; what stands between backticks is set as code.

    >>> coded("run `turn` <now>")
    'run <code>turn</code> &lt;now&gt;'
    """
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def both(draw: Draw) -> str:
    """Return a chart twice, for a wide page and for a phone; the page shows one of them."""
    return f"<div class=desk>{draw(DESK)}</div><div class=phone>{draw(PHONE)}</div>"
