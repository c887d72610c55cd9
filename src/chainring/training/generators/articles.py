r"""Articles that questions are answered from: their passages, and what is asked about one.

Enter rows and unlabelled texts, leave passages, and rows whose text is passage and question.

    known = known_passages([*train, *validation], unlabelled, options=settings.answering)
    prompted(train, known, options=settings.answering)[0].text
    # '退款需要五天。\n\n退款要几天？'
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row
from chainring.text.passages import Held, Passage, Passages, cut, passages_of, prompt_of, terms
from chainring.training.generators.settings import AnsweringSettings

PASSAGES_FILE = "passages.jsonl"
FROM_USERS = "feedback"
"""The source of a row that stands for nothing in the files."""


def known_passages(
    rows: Sequence[Row],
    unlabelled: Sequence[Row],
    *,
    options: AnsweringSettings,
    held: Held = len,
) -> list[Passage]:
    """Return the passages of all articles, and of the rows that name theirs.

    `held` tells how much of one the model that reads them can hold.
    """
    articles = _articles(rows, unlabelled)
    return passages_of(articles, characters=options.passage_characters, held=held)


def _articles(rows: Sequence[Row], unlabelled: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield id and text of every article: a row's passage has the id of the record it came with.

    What a user asked, and the passage that a user named, are shown to no other user.
    """
    for row in unlabelled:
        if not _is_users(row):
            yield (row.records[0] if row.records else row.id), row.text
    for row in rows:
        if row.pair and not _is_users(row):
            yield (row.records[0] if row.records else row.id), row.pair


def _is_users(row: Row) -> bool:
    """Whether a row is what users said alone; a source may have that name, too."""
    return row.source == FROM_USERS and bool(row.feedback)


def write_passages(folder: Path, known: Sequence[Passage]) -> None:
    """Write the passages where the engine that answers looks them up."""
    with (folder / PASSAGES_FILE).open("w", encoding="utf-8", newline="\n") as out:
        for one in known:
            line = json.dumps({"id": one.id, "text": one.text}, ensure_ascii=False)
            out.write(line + "\n")


def prompted(
    rows: Sequence[Row], known: Sequence[Passage], *, options: AnsweringSettings, others: int = 0
) -> list[Row]:
    """Return the rows as a writer is asked them: a passage and its question as one text.

    A row's passage is the one it names, else that which shares most words with question and
    answer of those that are looked up. A row for which none is found is left out.

    Parameters
    ----------
    others
        So many passages are asked about beside each row that are no row's for this question and
        do not hold the answer; what is to be written then is nothing.
    """
    index = Passages(known)
    pairs: list[tuple[Row, list[Row]]] = []
    for row in rows:
        near = [one.text for one, _ in index.find(row.text, most=options.passages + others)]
        own = cut(row.pair, characters=options.passage_characters) or near
        if own:
            chosen = max(own, key=lambda text: _fit(row, text))
            pairs.append(
                (_asked(row, chosen, options), [_asked(row, one, options) for one in near])
            )
    taken = {row.text for row, _ in pairs}
    found = []
    for row, near_rows in pairs:
        apart = [one for one in near_rows if one.text not in taken and not _says(one)]
        found += [row, *(replace(one, target="", rejected="") for one in apart[:others])]
    return found


def _says(row: Row) -> bool:
    """Whether what a row is asked holds its answer as it is, or its answer is not known."""
    return not row.target or row.target in row.text


def _asked(row: Row, passage: str, options: AnsweringSettings) -> Row:
    text = prompt_of(options.prompt, passage=passage, question=row.text)
    return replace(row, text=text, pair="")


def _fit(row: Row, passage: str) -> tuple[bool, int]:
    """Return whether a passage holds the answer as it is, and how many of its words."""
    answer = row.target or row.rejected
    wanted = {*terms(answer), *terms(row.text)}
    return bool(answer) and answer in passage, len(wanted & {*terms(passage)})


def reading_facts(options: AnsweringSettings, *, written: bool) -> dict[str, Any]:
    """Return what `model.json` says of how passages are looked up and read."""
    facts: dict[str, Any] = {
        "passages": options.passages,
        "passage_characters": options.passage_characters,
    }
    own = {"max_tokens": options.max_tokens, "max_answer_tokens": options.max_answer_tokens}
    return (
        {"retrieval": facts | {"prompt": options.prompt}} if written else {"answering": facts | own}
    )
