"""What a form is made of: parts of kind `form`, and in which order they are tried.

Each writes a folder that serves by itself (`model.json`, `golden.jsonl`, and what its engine
needs) from the model folder and the forms written before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from chainring.contracts.placement import Choice, Placement
from chainring.deployment.engines.biencoder import HEAD_FILE, KIND
from chainring.deployment.forms.parity import Tolerances
from chainring.deployment.forms.sentences import say
from chainring.deployment.model_folder import (
    GOLDEN_FILE,
    MODEL_FILE,
    Card,
    existing,
    is_reader,
    read_card,
)
from chainring.deployment.settings import ParitySettings

_ENCODER = ("exact.v1", "torch.v1", "float32.v1", "bf16.v1", "light.v1", "fast.v1", "cuda.v1")
PARTS_OF_KIND = {
    "linear": ("linear.v1",),
    "encoder": (*_ENCODER, "tensorrt.v1"),
    "biencoder": (*_ENCODER, "tensorrt.v1"),
    "generator": ("writing.v1", "writing-float32.v1", "writing-int8.v1"),
    "answering": ("reading.v1", "reading-torch.v1"),
}
BF16_SETS = ("avx512_bf16", "amx_bf16")
INT8_SETS = ("avx512_vnni", "avx_vnni", "amx_int8")
_NOWHERE = Choice(value="cpu", because="not placed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What a form is written from: the model folder, and folders of earlier forms by name."""

    source: Path
    folder: Path
    earlier: Mapping[str, Path] = field(default_factory=dict)
    placement: Placement = field(
        default_factory=lambda: Placement(
            device=_NOWHERE, precision=_NOWHERE, threads=_NOWHERE, executor=_NOWHERE
        )
    )


Write = Callable[[Making], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPart:
    """One way to serve a model.

    Attributes
    ----------
    instruction_sets
        Any of them makes it worth trying.
    without
        Where the processor has any of these it is not tried: a better form is.
    packages, extra
        What it needs, and the extra of chainring that brings them.
    device
        Where it runs.
    after
        The form that has to be written before it.
    fallback
        It is tried only where no form before it could be made.
    dear
        It takes long to make and is tried only where the tier may choose it.
    gains
        It answers no less exactly than the form before it and serves only where it is faster;
        another is refused only where it is slower.
    """

    name: str
    engine: str
    write: Write
    tolerances: Callable[[ParitySettings], Tolerances]
    instruction_sets: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    extra: str = "serve"
    device: str = "cpu"
    after: str = ""
    fallback: bool = False
    dear: bool = False
    gains: bool = False

    def concerns(
        self, placement: Placement, made: Mapping[str, Path], wanted: Collection[str]
    ) -> bool:
        """Return whether this form comes into question here; `wanted` are those of the tier."""
        if self.dear and self.name not in wanted:
            return False
        return self.device in ("cpu", placement.device.value) and not (self.fallback and made)

    def hindrance(self, placement: Placement, made: Mapping[str, Path]) -> str:
        """Return why this form is not tried here, or an empty text."""
        sets = set(placement.instruction_sets)
        missing = [name for name in self.packages if find_spec(name) is None]
        better = sorted(sets & set(self.without))
        if self.after and self.after not in made:
            return say("made of", form=self.after)
        if self.instruction_sets and not sets & set(self.instruction_sets):
            return say("no instructions", names=", ".join(self.instruction_sets))
        if better:
            return say("better instructions", names=", ".join(better))
        if missing:
            return say("needs", packages=", ".join(missing), extra=self.extra)
        return ""


def parts_of(card: Card) -> tuple[str, ...]:
    """Return the names of the forms that a model can take, in the order they are tried."""
    kind = "answering" if is_reader(card) else card.kind
    return PARTS_OF_KIND.get(kind, ())


def copy_files(source: Path, folder: Path, *names: str) -> None:
    """Copy what every form carries, and the named files, from a model or form folder."""
    own = (HEAD_FILE,) if read_card(source).kind == KIND else ()
    for name in (MODEL_FILE, GOLDEN_FILE, *own, *names):
        shutil.copyfile(existing(source / name), folder / Path(name).name)


def copy_model(making: Making) -> None:
    """Make a form of the model folder itself, but for its page."""
    shutil.copytree(
        making.source,
        making.folder,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("README.md"),
    )


def as_trained(settings: ParitySettings) -> Tolerances:
    """Return the tolerances of a form that computes in float32."""
    return Tolerances(
        because=say("as trained"),
        tie=2 * settings.exact_max_difference,
        max_difference=settings.exact_max_difference,
    )
