"""Step: rows of files become records, normalised and redacted before anything is stored.

Enters a Source and a Guard, leaves a table of records (tree of kind `records`: `rows.jsonl` and
`dropped.jsonl`).

    table = records(source, guard, work=work, settings=settings)
    table.counts                       # {'empty text': 3}

A record's id is a keyed hash over its source, its place and its prepared text. Its place is the
`id` column where there is one, and how many rows with the same text stood before it in the file: so
a row put in at the top of a file changes no other record's id, and what people said of it stands.
A row of a harvest is known by the id that its source gave it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import InputError
from chainring.contracts.forgotten import is_forgotten
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.ids import episode_key, keyed
from chainring.contracts.record import Record
from chainring.contracts.said import Said, joined
from chainring.contracts.source import Source
from chainring.contracts.table import Table
from chainring.contracts.values import both, labels_in
from chainring.contracts.work import Work
from chainring.data.dropped import Dropped, told
from chainring.data.faults import Faults
from chainring.data.read import rows_of, unread
from chainring.data.rows import RawRow
from chainring.data.sentences import progress, some
from chainring.data.settings import DataSettings
from chainring.data.values import Value, value_of
from chainring.store.tables import write_table
from chainring.text.chat import conversation_fault, is_conversation, spoken
from chainring.text.language import language, language_named
from chainring.text.normalise import group_key, normalise
from chainring.text.prepare import prepare
from chainring.text.redact import redact, rule_sets

_CHINESE_TIME = re.compile(
    r"(\d{4})[/年](\d{1,2})[/月](\d{1,2})日?(?:\s*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2}))?[分秒]?)?"
)

MAX_LABEL_CHARACTERS = 200
_NAMED_FILES = 3
NO_CONVERSATION = "no sound conversation that ends with the user"
LONG = ("answer", "pair", "target")
"""Roles besides the text that may be as long as one."""


def records(source: Source, guard: Guard, *, work: Work, settings: DataSettings) -> Table[Record]:
    """Return the records of a source.

    Raises
    ------
    InputError
        With every fault of every file; or when no row is left.
    """
    folder = work.folder("records")
    faults = Faults()
    skipped: Counter[str] = Counter()
    with Dropped(folder) as dropped:
        raw = rows_of(source, settings=settings, faults=faults, skipped=skipped)
        maker = _Maker(source.app, guard, settings, work.secret, faults, dropped)
        count = write_table(folder, maker.made(raw))
    faults.raise_all()
    if not count:
        raise InputError(
            "no row of the data can be used",
            faults=[f"{n} x {r}" for r, n in dropped.counts.items()],
        )
    work.say(progress("records", count=count, left=_left_out(source, dropped.counts)))
    address = work.trees.put(folder, kind="records")
    return Table(address=address, rows=count, counts={**dropped.counts, **skipped})


def _left_out(source: Source, counts: Mapping[str, int]) -> Said:
    """Return what is not among the records: rows by reason, and files that nothing here reads."""
    dropped = "dropped for" if counts else "dropped"
    rows = progress(dropped, count=sum(counts.values()), reasons=told(counts))
    files = unread(source.path) if source.path else []
    unseen = [progress("not read", files=some(files, most=_NAMED_FILES))] if files else []
    return joined([rows, *unseen])


class _Maker:
    """Makes records of raw rows; knows which ids it has given."""

    def __init__(
        self,
        app: str,
        guard: Guard,
        settings: DataSettings,
        secret: bytes,
        faults: Faults,
        dropped: Dropped,
    ) -> None:
        self._app, self._guard, self._settings, self._secret = app, guard, settings, secret
        self._faults, self._dropped = faults, dropped
        self._repeats: Counter[tuple[str, str]] = Counter()
        self._paper = lru_cache(maxsize=256)(self._redacted_paper)

    def made(self, rows: Iterator[RawRow]) -> Iterator[Record]:
        """Yield a record for each row that may be used; drop the others with a reason."""
        for row in rows:
            text = normalise(row.values.get("text", ""))
            reason = self._refused(row, text)
            if reason is None:
                reason = self._misheard(row)
            if reason is None:
                text = self.text(row)
                value = self._value(row, text)
                reason = value.reason
            if reason is None:
                yield from self._remembered(row, text, value.text)
            else:
                self._dropped.add(reason, source=row.source, locator=self._where(row))

    def _remembered(self, row: RawRow, text: str, value: str) -> Iterator[Record]:
        """Yield the record unless it was forgotten; its place in the file counts all the same."""
        record = self.record(row, text, value)
        marks = self._guard.forgotten
        told = [record, *self._as_before(row, record)] if marks else []
        if any(is_forgotten(one, marks, secret=self._secret) for one in told):
            self._dropped.add(FORGOTTEN, source=row.source, locator=record.locator)
        else:
            yield record

    def _refused(self, row: RawRow, text: str) -> str | None:
        consent = self._consent(row)
        if not text:
            return "empty text"
        if "pair" in self._settings.facts.needs and not row.values.get("pair", "").strip():
            return "empty second text"
        longest = max([len(text), *(len(row.values.get(role, "")) for role in LONG)])
        if longest > self._settings.max_characters:
            return f"longer than {self._settings.max_characters} characters"
        if self._guard.allows(consent):
            return None
        return f"consent not allowed: {self._paper(consent)}"

    def _misheard(self, row: RawRow) -> str | None:
        """Report a conversation that is none: a reply to it would be learnt as to one user's words.

        Nobody can mend a row of a harvest: it is dropped, for the reason returned.
        """
        replied = any(row.values.get(said, "").strip() for said in ("target", "answer"))
        if self._settings.task != "dialogue" or row.split == "unlabelled" or not replied:
            return None
        if (fault := conversation_fault(row.values["text"])) is None:
            return None
        if row.key:
            return NO_CONVERSATION
        self._faults.add(row.source, f"text: {fault}", at=row.locator)
        return None

    def text(self, row: RawRow) -> str:
        """Return the text of a row as it is kept."""
        return self._clean(row.values.get("text", ""))

    def value(self, row: RawRow, text: str) -> str:
        """Return what is said of a row, or nothing where that cannot be used."""
        return self._value(row, text).text

    def record(self, row: RawRow, text: str, value: str) -> Record:
        values, pair = row.values, self._pair(row)
        content = keyed(self._secret, "content", both(text, pair))
        subject = normalise(values.get("subject", ""))
        return Record(
            id=self._id(row, content),
            app=self._app,
            text=text,
            digest=content,
            source=row.source,
            locator=self._locator(row),
            licence=self._paper(values.get("licence", "")) or self._settings.licence,
            consent=self._consent(row),
            language=language_named(normalise(values.get("language", "")))
            or language(spoken(text)),
            group=group_key(
                both(text, pair), key=self._secret, exact=self._settings.min_jaccard == 1
            ),
            at=_seconds(values.get("at", "")),
            subject=keyed(self._secret, "subject", subject) if subject else None,
            fields=self._fields(row, value, pair),
        )

    def _as_before(self, row: RawRow, record: Record) -> Iterator[Record]:
        """Yield the record as earlier versions told it from others: acts of then still hold."""
        subject = row.values.get("subject")
        written = keyed(self._secret, "subject", subject) if subject else None
        yield replace(record, subject=written)
        if author := normalise(row.values.get("author", "")):  # not every rule finds the same names
            for name in (author, keyed(self._secret, "name", author)):
                yield replace(record, fields={**record.fields, "author": name})
        for rules, content in self._contents_before(row):
            before = replace(record, id=self._id(row, content, rules=rules))
            yield from (before, replace(before, subject=written))

    def _contents_before(self, row: RawRow) -> Iterator[tuple[str, str]]:
        """Yield the digest of the texts as each older way to prepare them left them, by its name.

        An id holds it, and rules of redaction change: by the newest alone who was forgotten would
        come back. Conversations were prepared with the JSON around them.
        """
        text = row.values["text"]
        pair = row.values.get("pair", "") if self._settings.facts.pairs else ""
        ways = {"bare": partial(prepare, redacted=False)}
        ways |= {rules: partial(prepare, rules=rules) for rules in rule_sets()}
        for as_one in (False, True) if is_conversation(text) else (False,):
            for rules, way in ways.items():
                texts = (way(one, as_one=as_one) if one else "" for one in (text, pair))
                yield f"{rules} {as_one}", keyed(self._secret, "content", both(*texts))

    def _consent(self, row: RawRow) -> str:
        return normalise(row.values.get("consent", "")) or self._settings.consent

    def _pair(self, row: RawRow) -> str:
        return self._clean(row.values.get("pair", "")) if self._settings.facts.pairs else ""

    def _value(self, row: RawRow, text: str) -> Value:
        """Return what is said of a row, as a value of the task."""
        facts = self._settings.facts
        found = row.values.get(facts.says) or (
            row.values.get("answer", "") if facts.form == "text" else ""
        )
        prepared = self._clean if facts.form == "text" else normalise
        try:
            value = value_of(
                found,
                text,
                raw=row.values["text"],
                form=facts.form,
                clean=prepared,
                prepare=self._clean,
            )
        except InputError as error:
            self._faults.add(row.source, f"{facts.says}: {error}", at=row.locator)
            return Value()
        if facts.says == "label":
            longest = max((len(one) for one in labels_in(facts.form, value.text)), default=0)
            if longest > MAX_LABEL_CHARACTERS:
                cause = f"a label of {longest} characters; does data.columns name the right column?"
                self._faults.add(row.source, cause, at=row.locator)
        is_outside = value.text == self._settings.out_of_scope and facts.form == "one"
        return Value(text=OUT_OF_SCOPE) if is_outside else value

    def _id(self, row: RawRow, content: str, *, rules: str = "") -> str:
        return "rec_" + keyed(self._secret, "record", self._place(row, content, rules))

    def _place(self, row: RawRow, content: str, rules: str) -> str:
        if row.key:
            return keyed(self._secret, "harvested", row.source, row.key, content)
        key = keyed(self._secret, "place", row.source, row.values.get("id", ""), content)
        self._repeats[rules, key] += 1
        return f"{key} {self._repeats[rules, key]}"

    def _locator(self, row: RawRow) -> str:
        given = "" if row.key else row.values.get("id")
        return f"id {self._pseudonym(given)}" if given else self._where(row)

    def _where(self, row: RawRow) -> str:
        """Return where a row stands; elsewhere than in a file that may be anybody's number."""
        return self._clean(row.locator) if row.key else row.locator

    def _fields(self, row: RawRow, value: str, pair: str) -> dict[str, str]:
        is_unlabelled = row.split == "unlabelled"
        said = "target" if self._settings.facts.form == "text" else "label"
        fields = {
            said: "" if is_unlabelled else value,
            "split": "" if is_unlabelled else row.split,
            "author": self._pseudonym(row.values.get("author", "")),
            "episode": self._episode(row),
            "protected": normalise(row.values.get("protected", "")),
            "pair": pair,
            "answer": self._clean(row.values.get("answer", "")),
            "answer_language": row.values.get("answer_language", ""),
            "context": self._clean(row.values.get("context", "")),
            "directives": row.values.get("directives", ""),
        }
        return {name: text for name, text in fields.items() if text}

    def _episode(self, row: RawRow) -> str:
        """Return the key of the conversation; one may go on in the next file, but nowhere else."""
        source = row.source if row.key else ""
        return episode_key(self._secret, source, normalise(row.values.get("episode", "")))

    def _clean(self, value: str) -> str:
        tags = self._settings.facts.form == "tags"  # their places count in the text as it stood
        return prepare(value, redacted=self._guard.redact, as_one=tags)

    def _redacted_paper(self, value: str) -> str:
        """Return a licence or a consent as it is, without personal data where it holds some."""
        found = redact(normalise(value)) if self._guard.redact else None
        return found.text if found and found.found else value

    def _pseudonym(self, value: str) -> str:
        """Return a name as it is, or its keyed hash when it holds personal data."""
        clean = normalise(value)
        if self._guard.redact and redact(clean).found:
            return keyed(self._secret, "name", clean)
        return clean


def record_of(
    row: RawRow, *, app: str, guard: Guard, settings: DataSettings, secret: bytes
) -> Record:
    """Return the record that a row of a harvest becomes.

    Rows of files are told apart by their order, too, so that one alone does not tell its record.
    """
    assert row.key, "a row of a file is known only among the others"
    maker = _Maker(app, guard, settings, secret, Faults(), Dropped(Path()))
    text = maker.text(row)
    return maker.record(row, text, maker.value(row, text))


def _seconds(at: str) -> float | None:
    """Return an ISO 8601 time as seconds since 1970, UTC where no zone is named; None: no time.

    2026/11/23 10:05 and 2026年11月23日 10时05分, as they are written in China, are times, too.
    """
    chinese = _CHINESE_TIME.fullmatch(at.strip())
    try:
        if chinese:
            year, month, day, hour, minute, second = map(int, chinese.groups("0"))
            found = datetime(year, month, day, hour, minute, second)
        else:
            found = datetime.fromisoformat(at.strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
