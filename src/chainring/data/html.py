"""Reader html.v1: the main text of a saved web page as one row, without menus and banners.

Enters a path (`.html`, `.htm`, also packed), leaves one row, or a report when no text is in it.

=========  ====================================  =====================
column     English example                       Chinese example
=========  ====================================  =====================
text       Returns are free within 30 days.      三十天内可免费退货。
language   en                                    zh
licence    CC-BY-4.0                             CC-BY-SA-4.0
=========  ====================================  =====================
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.data.lines import Report, opened


def html(path: Path, *, report: Report, max_bytes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the main text of a page, under its title, as one row."""
    from chainring.data.sources.web.page import read_page

    try:
        with opened(path) as file:
            body = file.read(max_bytes + 1)
        if len(body) > max_bytes:
            raise InputError(f"more than {max_bytes} bytes; a page of that size is no page")
        page = read_page(body, url="")
    except (InputError, OSError, EOFError) as error:
        report("page", str(error))
        return
    if not page.text:
        report("page", "no main text was found in it; save the text as .txt")
        return
    row = {"text": page.titled, "language": page.language, "licence": page.licence}
    yield "page", {name: value for name, value in row.items() if value}
