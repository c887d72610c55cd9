"""Source dialogue.v1: logs of dialogues become questions, each with the answer that was given.

Enters JSONL files (a dialogue a line), leaves rows: the question is the text, the reply the
`answer`, earlier turns the `context`. There is no label: people give it, or a `label`
key of the dialogue. What is lost because nobody knows who speaks is told, with the names that
speak most often: those are told alone, and kept nowhere.

    [[data.sources]]
    name = "chats"
    use = "dialogue.v1"
    path = "chats/*.jsonl"
    answers = ["小蜜"]                  # speakers of your own beside the common ones
    columns = { subject = "customer", id = "session" }

======================================  ==============================
text                                    answer
======================================  ==============================
Where is my parcel?                     It left our warehouse today.
我的包裹到哪了？                         今天已从仓库发出。
======================================  ==============================
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError
from chainring.contracts.said import Said
from chainring.data.columns import expected, perhaps_conversation
from chainring.data.harvest import Harvest
from chainring.data.readers import jsonl
from chainring.data.sentences import progress, some
from chainring.data.sources.columns import told
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import Reading, is_new
from chainring.data.sources.remote import RemoteFile, local_copy
from chainring.data.sources.settings import Location, Name, RowRole
from chainring.data.sources.told import Told, changed_files
from chainring.data.sources.turns import TURNS, exchanges, sides_of, turns_of, unknown_in

_SHARED: tuple[RowRole, ...] = (
    "label", "language", "split", "subject", "licence", "consent", "author", "protected", "at",
    "episode",
)  # fmt: skip

_VERSIONS = {".jsonl": 8, ".ndjson": 8}  # 8: a key `episode` is one only where it is mapped
_MANY = 0.1
"""From which share of the turns on speakers who are not known are told."""


class DialogueSettings(BaseModel):
    """Source dialogue.v1: logs of dialogues become questions with answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Location | tuple[Location, ...] = Field(
        description="JSONL files, folders, globs or fsspec urls: one, or a list of them"
    )
    asks: tuple[Name, ...] = Field((), description="further names of speakers who ask")
    answers: tuple[Name, ...] = Field((), description="further names of speakers who answer")
    context_turns: int = Field(0, ge=0, le=100, description="earlier turns kept with a question")
    columns: dict[RowRole, Name] = Field(
        default_factory=dict, description='meaning → key of a dialogue: {"subject": "customer"}'
    )
    max_bytes_per_line: int = Field(
        16 << 20, ge=1 << 10, le=1 << 30, description="a longer line is passed over"
    )

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths."""
        return (self.path,) if isinstance(self.path, str) else self.path


def bring(settings: DialogueSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the exchanges of all dialogues into the harvest."""
    keyed = settings.model_dump(exclude={"path"})
    for file in changed_files(
        settings.paths, tuple(_VERSIONS), harvest=harvest, keyed=keyed, say=say, versions=_VERSIONS
    ):
        _read(file, settings, harvest, say)


def _read(file: RemoteFile, settings: DialogueSettings, harvest: Harvest, say: Say) -> None:
    faults, lost = Told(), _Lost()
    with (
        local_copy(file, harvest.copies, max_mib=1 << 20) as path,
        Reading(harvest, piece=file.name, fingerprint=file.fingerprint) as reading,
    ):
        dialogues, keys = 0, dict[str, None]()
        for place, dialogue in jsonl(path, report=faults, max_bytes=settings.max_bytes_per_line):
            dialogues += 1
            keys |= dict.fromkeys(dialogue)
            _put(f"{file.name} {place}", file.name, dialogue, settings, reading, lost)
        if dialogues and dialogues == reading.dropped["no turns"]:
            listed = ", ".join(f"`{name}`" for name in dialogue)
            raise InputError(
                f"{file.name}: no dialogue in it; found {listed}; the turns are expected as a list "
                f"under one of {', '.join(TURNS)}"
            )
        faults.count_in(reading)
    faults.tell(file.name, say)
    column = perhaps_conversation(keys, settings.columns)
    if column and is_new(harvest, "perhaps a conversation", column):
        say(progress("of", name=file.name, told=progress("no conversation", column=column)))
    for lack in lost.told(dialogues, harvest):
        say(progress("of", name=file.name, told=lack))


class _Lost:
    """What is lost because speakers are not known: whole dialogues, and turns of the others."""

    def __init__(self) -> None:
        self.dialogues, self.turns = 0, 0
        self.speakers: Counter[str] = Counter()
        self.beside: Counter[str] = Counter()

    def count(self, unknown: Sequence[str], *, turns: int, gave: bool) -> None:
        """Count the speakers of a dialogue who are not known, and whether it gave rows."""
        if gave:
            self.turns += turns
            self.beside.update(unknown)
        elif unknown:
            self.dialogues += 1
            self.speakers.update(list(dict.fromkeys(unknown)))

    def told(self, dialogues: int, harvest: Harvest) -> Iterator[Said]:
        """Yield what is lost and why, with the names that speak most often and what can be done."""
        if self.dialogues:
            often = _often(self.speakers, harvest)
            yield progress("dialogues lost", count=self.dialogues, every=dialogues, often=often)
        beside = self.beside.total()
        if beside and beside >= _MANY * self.turns:
            often = _often(self.beside, harvest)
            yield progress("turns lost", count=beside, every=self.turns, often=often)


def _often(speakers: Counter[str], harvest: Harvest) -> str:
    often = [(name, count) for name, count in speakers.most_common(3) if count > 1]
    names = [f"{harvest.prepared({'text': name})['text']} ({count})" for name, count in often]
    return progress("most often", names=some(names, most=3)) if names else ""


def _put(
    place: str,
    name: str,
    dialogue: Mapping[str, Any],
    settings: DialogueSettings,
    reading: Reading,
    lost: _Lost,
) -> None:
    turns = turns_of(dialogue)
    if turns is None:
        reading.dropped["no turns"] += 1
        return
    given = told(dialogue.get(settings.columns.get("id", "id")))
    known = given or _content(turns, reading)
    shared = {"episode": f"{name}:{known}"} | _shared(dialogue, settings)
    found = list(
        exchanges(
            turns,
            asks=settings.asks,
            answers=settings.answers,
            context_turns=settings.context_turns,
            dropped=reading.dropped,
        )
    )
    for one in found:
        row = shared | {
            "text": one.question,
            "answer": one.answer,
            "locator": f"{place}, turn {one.turn}",
        }
        if one.context:
            row["context"] = one.context
        if not reading.put(f"{name}:{known}:{one.turn}", row):
            reading.dropped["a further dialogue of the same id or content"] += 1
    sides = sides_of(turns, asks=settings.asks, answers=settings.answers)
    lost.count(unknown_in(turns, sides), turns=len(turns), gave=bool(found))


def _content(turns: Sequence[Any], reading: Reading) -> str:
    """Return what tells a dialogue without an id: its content, personal numbers taken out."""
    kept = reading.harvest.prepared({"text": json.dumps(turns, ensure_ascii=False)})
    return digest(kept["text"], size=12).partition(":")[2]


def _shared(dialogue: Mapping[str, Any], settings: DialogueSettings) -> dict[str, str]:
    """Return what a dialogue says of all its turns; its own episode stands where none is mapped."""
    keys = expected(_SHARED, settings.columns)
    found = {role: told(dialogue.get(key)) for role, key in keys.items()}
    return {role: value for role, value in found.items() if value}


DIALOGUE = SourcePart(settings=DialogueSettings, bring=bring)
