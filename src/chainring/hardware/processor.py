"""The processor as its system describes it: name, instruction sets and physical cores.

Enters the text of `/proc/cpuinfo` (Linux) or of `sysctl hw machdep.cpu` (macOS), leave names in
one spelling: `avx512_bf16`, `amx_int8`, `neon`, `bf16` ...
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

KNOWN = (
    "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl",
    "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8", "amx_fp16",
    "neon", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2", "sme",
)  # fmt: skip
"""Instruction sets that decide how fast a model runs, in the order they are shown."""

_SPELLINGS = {  # other systems' names of the same thing
    "asimd": "neon", "advsimd": "neon", "asimdhp": "fp16", "feat_fp16": "fp16",
    "asimddp": "dotprod", "feat_dotprod": "dotprod", "feat_i8mm": "i8mm", "feat_bf16": "bf16",
    "feat_sme": "sme", "svebf16": "bf16", "svei8mm": "i8mm", "sse4.2": "sse4_2", "avx1.0": "avx",
}  # fmt: skip


def instruction_sets(text: str) -> tuple[str, ...]:
    r"""Return the known instruction sets in the text of `/proc/cpuinfo` or of `sysctl`.

    >>> instruction_sets("processor : 0\nflags : fpu avx2 amx_bf16\n")
    ('avx2', 'amx_bf16')
    >>> instruction_sets("hw.optional.arm.FEAT_BF16: 1\nhw.optional.arm.FEAT_SME: 0\n")
    ('bf16',)
    """
    words: set[str] = set()
    for line in text.splitlines():
        name, _, value = (piece.strip().lower() for piece in line.partition(":"))
        if name in ("flags", "features") or re.fullmatch(r"machdep\.cpu\..*features", name):
            words.update(value.split())
        elif name.startswith("hw.optional.") and value == "1":
            words.add(name.rpartition("hw.optional.")[2].removeprefix("arm."))
    found = {_SPELLINGS.get(word, word) for word in words}
    return tuple(name for name in KNOWN if name in found)


def processor_name(text: str) -> str:
    """Return the processor's name, or "" when the text does not tell it (as on many ARM boards)."""
    pattern = r"^(?:model name|Hardware|machdep\.cpu\.brand_string)\s*:\s*(.+)$"
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else ""


def physical_cores(root: Path, processors: Iterable[int]) -> int:
    """Return the number of physical cores among the processors; 0 when Linux does not tell.

    Two processors of one core (hyper-threads) have the same list of siblings.
    """
    cores: set[str] = set()
    for number in processors:
        folder = root / f"sys/devices/system/cpu/cpu{number}/topology"
        siblings = folder / "thread_siblings_list"
        if not siblings.is_file():
            return 0
        cores.add(siblings.read_text(encoding="ascii").strip())
    return len(cores)
