"""The folder of a pre-trained base: weights, tokeniser, licence, figures, curve.

    model.safetensors, config.json, tokenizer.json …   as transformers opens them
    README.md                                          licence and what it was made of, for people
    pretraining.json                                   figures, tokeniser, settings, for programs
    curves.json                                        loss and held-out figures by step

It holds no text but the vocabulary's pieces, and no time of day: the same texts and settings give
the same folder.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from chainring.contracts.said import joined
from chainring.contracts.work import Work
from chainring.training.base import Base, folder_digest
from chainring.training.craft.progress import CURVES, Curve, write_curves
from chainring.training.objectives.settings import ObjectiveName
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings
from chainring.training.tokenisers.report import Reading
from chainring.training.tokenisers.special import save_tokeniser

FACTS = "pretraining.json"
RUN = "pretrain"
HELD_OUT = ("perplexity", "bits_per_character", "accuracy")
_TOKENISER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt",
    "vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretrained:
    """A base with what is known of it: notes on cuts, held-out figures, readings by language.

    `objective` is what it learnt by: an encoder can start from `masked` alone.
    """

    base: Base
    notes: tuple[str, ...]
    figures: Mapping[str, float]
    readings: tuple[Reading, ...]
    objective: ObjectiveName = "masked"


def write_base(
    folder: Path,
    *,
    model: Any,
    tokenizer: Any,
    base: Base | None,
    name: str,
    licence: str,
    notes: Sequence[str],
    figures: Mapping[str, float],
    readings: Sequence[Reading],
    curve: Curve,
    settings: TrainingSettings,
) -> Pretrained:
    """Write everything beside `folder`, rename it into place, and return what was made."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    model.config._name_or_path = name
    model.save_pretrained(part)
    if base is None:
        save_tokeniser(tokenizer, part)
    else:
        for file in _TOKENISER_FILES:
            if (base.folder / file).is_file():
                shutil.copyfile(base.folder / file, part / file)
    write_curves(part, {RUN: curve})
    facts = {
        "name": name,
        "licence": licence,
        "from": {"name": base.name, "digest": base.digest} if base else None,
        "notes": list(notes),
        "figures": {key: float(f"{value:.6g}") for key, value in figures.items()},
        "readings": [asdict(one) for one in readings],
        "settings": {
            "pretrain": settings.pretrain.model_dump(),
            "tokeniser": settings.tokeniser.model_dump() if base is None else None,
            "seed": settings.seed,
        },
    }
    told = json.dumps(facts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (part / FACTS).write_text(told, encoding="utf-8")
    (part / "README.md").write_text(_readme(facts, readings), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
    found = read_back(folder)
    assert found is not None
    return replace(found, notes=tuple(notes))  # the folder keeps them in English


def read_back(folder: Path) -> Pretrained | None:
    """Return what a finished folder holds; None where there is none."""
    if not (folder / FACTS).is_file():
        return None
    facts = json.loads((folder / FACTS).read_text("utf-8"))
    return Pretrained(
        base=Base(
            name=facts["name"],
            folder=folder,
            licence=facts["licence"],
            digest=folder_digest(folder),
        ),
        notes=tuple(facts["notes"]),
        figures=facts["figures"],
        readings=tuple(Reading(**one) for one in facts["readings"]),
        objective=facts["settings"]["pretrain"]["objective"],
    )


def curves_of(base: Base, *, work: Work) -> Mapping[str, Curve]:
    """Return the curve of a base that this work has made, to be kept with what starts from it.

    Such a base lies in scratch, and is gone with it. Of any other base: none.
    """
    file = base.folder / CURVES
    if not base.folder.is_relative_to(work.scratch) or not file.is_file():
        return {}
    found: dict[str, Curve] = json.loads(file.read_text("utf-8"))
    return found


def figures_told(base: Base) -> tuple[str, ...]:
    """Return a sentence on how a base that was made here tells held-out texts, if any were."""
    found = read_back(base.folder)
    if found is None or not found.figures:
        return ()
    told = {name: f"{value:.4g}" for name, value in found.figures.items()}
    told["accuracy"] = f"{found.figures['accuracy']:.1%}"
    figures = [say(name, value=told[name]) for name in HELD_OUT if name in told]
    return (say("held out", figures=joined(figures, en=", ", zh="，")),)


def moved(found: Pretrained, folder: Path) -> Pretrained:
    """Return what was made as it lies in another folder."""
    return replace(found, base=replace(found.base, folder=folder))


def _readme(facts: Mapping[str, Any], readings: Sequence[Reading]) -> str:
    origin = facts["from"]
    options = facts["settings"]["pretrain"]
    begun = f"{origin['name']} ({origin['digest']})" if origin else "random weights"
    figures = [f"- {name.replace('_', ' ')}: {value}" for name, value in facts["figures"].items()]
    learnt = f"Objective {options['objective']}, from {begun}; made by chainring."
    untold = "No text was held out."
    if not options["epochs"]:
        learnt = "The tokens' first vectors, by their neighbours, in random weights; by chainring."
        untold = "No pass over the texts was made: there is nothing to tell."
    lines = [
        "---", f"license: {facts['licence'] or 'unknown'}", "---", "",
        f"# {facts['name']}", "",
        learnt, "",
        "## On held-out texts", "", *(figures or [untold]), "",
        "## How its tokeniser reads", "", *(f"- {one}" for one in readings), "",
        *(f"- {note}" for note in facts["notes"]),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"
