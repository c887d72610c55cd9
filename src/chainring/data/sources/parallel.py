"""Source parallel.v1: translations, from two aligned files, a TSV file or a translation memory.

Enters files, leaves rows: the source's side is the text, the target's the `answer`, each with its
language. Pairs that cannot be translations are passed over with a reason.

    [[data.sources]]
    name = "memory"
    use = "parallel.v1"
    path = "memory.tmx"            # or source = "a.en", target = "a.zh"; or path = "pairs.tsv"
    source_language = "en"
    target_language = "zh"

====================  ===========  ========
text                  answer       language
====================  ===========  ========
Where is my parcel?   我的包裹到哪了？   en
====================  ===========  ========

Lengths are compared as Gale & Church (1993) do, by characters; a Chinese character counts three,
because it stands for about as much as three letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError
from chainring.data.harvest import Harvest
from chainring.data.read import ending_of
from chainring.data.sources.pairs import Pair, aligned, tmx, tsv
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import Reading, drop_other_pieces, fingerprint_of
from chainring.data.sources.remote import RemoteFile, local_copy, remote_files
from chainring.data.sources.settings import Location
from chainring.data.sources.told import Told
from chainring.text.characters import HAN
from chainring.text.identify import identify
from chainring.text.language import language
from chainring.text.normalise import normalise

WIDE = 3
SLACK = 15
"""Characters that may be missing whatever the ratio: short texts have no ratio to speak of."""

_LONG, _SURE = 30, 0.9
"""From how many letters on, and how sure, a language is told from others of its script."""

_WIDE = re.compile(f"[{HAN}\u3040-\u30ff\uac00-\ud7af]")
_LANGUAGE = r"^[a-z]{2,3}$"


class ParallelSettings(BaseModel):
    """Source parallel.v1: translations, from aligned files, TSV or TMX."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Location | None = Field(None, description="a .tsv or .tmx file, also with .gz or .zst")
    source: Location | None = Field(None, description="file of the texts, one a line")
    target: Location | None = Field(None, description="file of the translations, one a line")
    source_language: str = Field("en", pattern=_LANGUAGE, description="ISO 639 code of the texts")
    target_language: str = Field(
        "zh", pattern=_LANGUAGE, description="ISO 639 code of the translations"
    )
    max_ratio: float = Field(
        3.0, ge=1, description="how many times longer one side may be; a Chinese character is 3"
    )
    check_language: bool = Field(
        True, description="pass over pairs whose sides are in other languages than stated"
    )
    max_bytes_per_line: int = Field(
        1 << 20, ge=1 << 10, le=1 << 30, description="a longer line is passed over"
    )

    @model_validator(mode="after")
    def _one_form(self) -> ParallelSettings:
        if (self.path is None) == (self.source is None and self.target is None):
            raise ValueError("name either path, or source and target")
        if self.path is None and (self.source is None or self.target is None):
            raise ValueError("aligned files come in pairs; name source and target")
        if self.path is not None and ending_of(self.path) not in (".tsv", ".tmx"):
            raise ValueError(f"path ends in .tsv or .tmx; found {self.path!r}")
        return self


def bring(settings: ParallelSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the pairs into the harvest."""
    named = [settings.path] if settings.path is not None else [settings.source, settings.target]
    files = [_one(place) for place in named if place is not None]
    keyed = settings.model_dump(exclude={"path", "source", "target"})
    piece = " + ".join(file.name for file in files)
    told = digest([[file.fingerprint for file in files], keyed])
    if not all(file.fingerprint for file in files) or fingerprint_of(harvest, piece) != told:
        _read(files, settings, Reading(harvest, piece=piece, fingerprint=told), say)
    drop_other_pieces(harvest, {piece})


def _one(place: str) -> RemoteFile:
    found = remote_files([place])
    if len(found) != 1:
        raise InputError(f"{place} is {len(found)} files; name one")
    return found[0]


def _read(files: list[RemoteFile], settings: ParallelSettings, read: Reading, say: Say) -> None:
    faults = Told()
    with ExitStack() as copies, read as reading:
        folder = reading.harvest.copies
        paths = [
            copies.enter_context(local_copy(file, folder / str(number), max_mib=1 << 20))
            for number, file in enumerate(files)
        ]
        for place, source, target in _pairs(paths, settings, faults):
            source, target = normalise(source), normalise(target)
            reason = reason_against(source, target, settings)
            if reason is not None:
                reading.dropped[reason] += 1
                continue
            row = {
                "text": source,
                "answer": target,
                "language": settings.source_language,
                "answer_language": settings.target_language,
                "locator": f"{files[0].name} {place}",
            }
            reading.put_by_text("", row)
        faults.count_in(reading)
    faults.tell(files[0].name, say)
    if reading.dropped and not reading.rows:
        reasons = [f"{count} x {reason}" for reason, count in reading.dropped.most_common()]
        raise InputError(f"{files[0].name}: every pair was passed over", faults=reasons)


def _pairs(paths: list[Path], settings: ParallelSettings, faults: Told) -> Iterator[Pair]:
    longest = settings.max_bytes_per_line
    if len(paths) == 2:
        return aligned(*paths, report=faults, max_bytes=longest)
    if ending_of(paths[0].name) == ".tsv":
        return tsv(paths[0], report=faults, max_bytes=longest)
    languages = {"source": settings.source_language, "target": settings.target_language}
    return tmx(paths[0], **languages, report=faults)


def reason_against(source: str, target: str, settings: ParallelSettings) -> str | None:
    """Return why a pair is no translation, or None.

    >>> reason_against("Where is it?", "", ParallelSettings(path="a.tsv"))
    'one side is empty'
    """
    if not source or not target:
        return "one side is empty"
    if source == target:
        return "both sides are the same"
    one, other = sorted((weight(source), weight(target)))
    if other > settings.max_ratio * one and other - one > SLACK:
        return f"one side is more than {settings.max_ratio:g} times longer"
    if settings.check_language:
        stated = (settings.source_language, settings.target_language)
        for text, told in zip((source, target), stated, strict=True):
            found = _language_fault(text, told)
            if found:
                return f"a side is not {told} but {found}"
    return None


def weight(text: str) -> int:
    """Return the length of a text in letters: a Chinese character counts three.

    >>> weight("parcel"), weight("包裹")
    (6, 6)
    """
    return len(text) + (WIDE - 1) * len(_WIDE.findall(text))


def _language_fault(text: str, stated: str) -> str:
    """Return the language that a side is in, where it surely is not the stated one.

    Of a short text only the script tells.
    """
    if len(text) >= _LONG:
        found, confidence = identify(text)
        return found if found not in (stated, "und") and confidence >= _SURE else ""
    found = language(text)
    if stated == "zh":
        return "" if found == "und" or _WIDE.search(text) else found
    return "zh" if found == "zh" and stated != "ja" else ""


PARALLEL = SourcePart(settings=ParallelSettings, bring=bring)
