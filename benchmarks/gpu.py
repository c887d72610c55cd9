"""How much of a GPU pre-training uses: BERT-base and GPT-2 124M, ours beside transformers' Trainer.

    python benchmarks/gpu.py --out gpu-benchmark
    python benchmarks/gpu.py --out /tmp/tiny --tiny           # toy sizes, also without a GPU

Random tokens in blocks that are full, the same rows a step, random weights, bf16, AdamW. Ours is
what `chainring pretrain` runs: its objectives, batches and loop, on the device, number type and
attention that it chooses by itself; its layers are compiled, as they are in a long training.
`trainer` is transformers' Trainer as it comes (bf16, fused AdamW), `trainer-compiled` the same with
torch_compile. Each way runs in a process of its own. Those that compile get ready side by side, and
then each is timed alone: the median of three windows after the warm-up.

Model FLOPs a token: 6 for each weight outside the tables, 6 × the share of tokens that are told for
each weight of the output, 12 × layers × width × tokens of a block for attention (A. Chowdhery and
others 2022, "PaLM", appendix B; a causal attention needs half of that, which `mfu_causal` counts).
The share is of a card's nominal dense bf16 rate; beside it stands that of a large product as found.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

WARM, WINDOWS, STEPS = 12, 3, 20
ROWS_A_PASS = 10
NOMINAL_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0}
WAYS = ("ours", "trainer-compiled", "trainer")
WAIT_S = 200


@dataclass(frozen=True, kw_only=True)
class Size:
    """A network, its blocks, and how many of them make a step."""

    objective: str
    layers: int
    hidden: int
    vocabulary: int
    tokens: int
    rows: int
    told: float


SIZES = {
    "bert": Size(
        objective="masked", layers=12, hidden=768, vocabulary=30_528, tokens=512, rows=64, told=0.15
    ),
    "gpt": Size(
        objective="causal", layers=12, hidden=768, vocabulary=50_304, tokens=1024, rows=32, told=1.0
    ),
}
TINY = {"layers": 2, "hidden": 64, "vocabulary": 320, "tokens": 32, "rows": 4}


class Watch:
    """Counts steps; after the warm-up it waits for its turn, then takes the time of windows."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.steps = 0
        self.began = time.perf_counter()
        self.warm_s = 0.0
        self.marks: list[float] = []

    def step(self) -> None:
        """Say that a step begins."""
        if self.steps == WARM:
            settled()
            self.warm_s = time.perf_counter() - self.began
            emptied()
            (self.folder / f"{self.name}.ready").touch()
            while not (self.folder / f"{self.name}.go").exists():
                time.sleep(0.05)
            self.marks.append(time.perf_counter())
        elif self.steps > WARM and (self.steps - WARM) % STEPS == 0:
            settled()
            self.marks.append(time.perf_counter())
        self.steps += 1

    @property
    def step_s(self) -> float:
        """Seconds of a step: the median of the windows."""
        spans = [b - a for a, b in zip(self.marks, self.marks[1:], strict=False)]
        return statistics.median(spans[:WINDOWS]) / STEPS


TOTAL_STEPS = WARM + WINDOWS * STEPS + 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--networks", nargs="+", choices=SIZES, default=tuple(SIZES))
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.one:
        one(given)
        return
    told(given.out, {"card": card(), "peak_tflops": peak()})
    names = [f"{network}-{way}" for way in given.ways for network in given.networks]
    together = [name for name in names if not name.endswith("-trainer")]
    running = {name: started(given, name) for name in together}
    for name, process in running.items():
        waited(given.out / f"{name}.ready", process)
    for name, process in running.items():
        (given.out / f"{name}.go").touch()
        finished(given.out, name, process)
    for name in [name for name in names if name not in running]:
        (given.out / f"{name}.go").touch()
        finished(given.out, name, started(given, name))


def started(given: argparse.Namespace, name: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--out", str(given.out), "--one", name]
    log = (given.out / f"{name}.log").open("wb")
    return subprocess.Popen([*command, *["--tiny"] * given.tiny], stdout=log, stderr=log)


def waited(path: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + WAIT_S
    while not path.exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)


def finished(out: Path, name: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for a way; one that failed or hangs is told, and the others go on."""
    try:
        code = process.wait(timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        code = -9
    if code:
        log = (out / f"{name}.log").read_text(errors="replace")
        told(out, {"run": name, "failed": code, "log": log[-1500:]})


def told(out: Path, found: dict[str, Any]) -> None:
    """Print a result and append it to the file of results."""
    line = json.dumps(found)
    print("RESULT", line, flush=True)
    with (out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def one(given: argparse.Namespace) -> None:
    """Run one way of one network in this process."""
    import torch

    network, _, way = given.one.partition("-")
    size = SIZES[network]
    size = Size(**(vars_of(size) | TINY)) if given.tiny else size
    watch = Watch(given.out, given.one)
    if way == "ours":
        facts = ours(size, watch, given.out / f"{given.one}-scratch")
    else:
        facts = theirs(size, watch, given.out, compiled=way == "trainer-compiled")
    tokens_per_s = size.rows * size.tokens / watch.step_s
    tflops = tokens_per_s * flops_a_token(size) / 1e12
    causal = tokens_per_s * flops_a_token(size, attention=0.5) / 1e12
    nominal = next((v for k, v in NOMINAL_TFLOPS.items() if k in card()), 0.0)
    found = {
        "run": given.one,
        "tokens_per_s": round(tokens_per_s),
        "step_ms": round(1000 * watch.step_s, 2),
        "model_tflops": round(tflops, 1),
        "mfu": round(tflops / nominal, 4) if nominal else None,
        "mfu_causal": round(causal / nominal, 4) if nominal and network == "gpt" else None,
        "warm_up_s": round(watch.warm_s, 1),
        "memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if on_gpu() else None,
        "torch": torch.__version__,
        **facts,
    }
    told(given.out, found)
    sys.stdout.flush()
    os._exit(0)  # what is left is writing weights that nobody reads


def vars_of(size: Size) -> dict[str, Any]:
    return {name: getattr(size, name) for name in Size.__dataclass_fields__}


def flops_a_token(size: Size, *, attention: float = 1.0) -> float:
    body = 12 * size.layers * size.hidden**2
    head = size.vocabulary * size.hidden
    if size.objective == "masked":
        head += size.hidden**2  # BERT's head has a layer of its own before the table
    seen = 12 * size.layers * size.hidden * size.tokens
    return 6.0 * (body + size.told * head) + attention * seen


class Enough(Exception):
    """The last window is over."""


def ours(size: Size, watch: Watch, scratch: Path) -> dict[str, Any]:
    from chainring.contracts.work import Work
    from chainring.hardware.executor import LocalExecutor
    from chainring.hardware.machine import machine
    from chainring.hardware.placement import placement
    from chainring.hardware.settings import HardwareSettings
    from chainring.training.craft.precision import precision
    from chainring.training.craft.settings import CraftSettings
    from chainring.training.objectives.attention import fit_attention
    from chainring.training.objectives.documents import Document
    from chainring.training.objectives.objective import OBJECTIVES, Frame
    from chainring.training.objectives.shape import new_model, shaped
    from chainring.training.tokenisers.special import Marks
    from chainring.training.trainer import Run, prepare_torch, train

    said: list[str] = []
    here = placement(machine(), settings=HardwareSettings())
    work: Any = Work(
        app="benchmark", trees=None, scratch=scratch, secret=b"", seed=0, placement=here,
        executor=LocalExecutor(), open_predictor=None, say=said.append,
    )  # type: ignore[arg-type]  # fmt: skip
    prepare_torch(here)
    objective = OBJECTIVES[size.objective]  # type: ignore[index]
    marks = Marks(pad=0, start=1, end=2, mask=3, special=(0, 1, 2, 3))
    frame = Frame(marks=marks, vocabulary=size.vocabulary, max_tokens=size.tokens)
    texts = [
        Document(ids=ids, characters=len(ids), words=[], starts=[0])
        for ids in random_rows(size, tokens=size.tokens - 2)
    ]
    items = objective.items(texts, frame)
    model = new_model(
        size.objective,  # type: ignore[arg-type]
        shaped(size.layers, size.hidden, None),
        vocabulary=size.vocabulary,
        max_tokens=size.tokens,
        dropout=0.0,
        marks=marks,
    )
    craft = CraftSettings(compile="always" if on_gpu() else "auto", checkpoint_minutes=60)
    chosen = precision(here, craft.precision)
    attending = fit_attention(model, device=here.device.value, chosen=chosen)
    run = Run(
        name="ours", epochs=-(-TOTAL_STEPS // ROWS_A_PASS), learning_rate=1e-4,
        batch_size=size.rows, warmup_fraction=0.1, weight_decay=0.01, seed=0, craft=craft,
    )  # fmt: skip

    def collate(rows: Any) -> Any:
        if watch.steps >= TOTAL_STEPS:
            raise Enough
        watch.step()
        return objective.batch(rows, frame)

    try:
        train(objective.learner(model), items, (), run=run, collate=collate, work=work)
    except Enough:
        pass
    return {"device": here.device.value, "attention": attending.value, "said": said[:3]}


def theirs(size: Size, watch: Watch, out: Path, *, compiled: bool) -> dict[str, Any]:
    import torch
    import transformers as hf

    torch.set_float32_matmul_precision("high")
    shape = {"vocab_size": size.vocabulary, "pad_token_id": 0}
    heads = max(2, size.hidden // 64)
    if size.objective == "masked":
        model: Any = hf.BertForMaskedLM(
            hf.BertConfig(
                **shape, hidden_size=size.hidden, num_hidden_layers=size.layers,
                num_attention_heads=heads, intermediate_size=4 * size.hidden,
                max_position_embeddings=size.tokens, hidden_dropout_prob=0.0,
                attention_probs_dropout_prob=0.0,
            )
        )  # fmt: skip
    else:
        model = hf.GPT2LMHeadModel(
            hf.GPT2Config(
                **shape, n_embd=size.hidden, n_layer=size.layers, n_head=heads,
                n_positions=size.tokens, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
            )
        )  # fmt: skip
    rows = [torch.tensor(ids) for ids in random_rows(size, tokens=size.tokens)]
    data = [{"input_ids": ids, "labels": labelled(ids, size)} for ids in rows]

    class Steps(hf.TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            watch.step()

    arguments = hf.TrainingArguments(
        output_dir=str(out / "trainer"), per_device_train_batch_size=size.rows,
        max_steps=TOTAL_STEPS, learning_rate=1e-4, weight_decay=0.01, warmup_steps=7,
        bf16=on_gpu(), use_cpu=not on_gpu(), optim="adamw_torch_fused",
        torch_compile=compiled and on_gpu(), save_strategy="no", eval_strategy="no",
        logging_strategy="no", report_to=[], disable_tqdm=True,
    )  # fmt: skip
    hf.Trainer(model=model, args=arguments, train_dataset=data, callbacks=[Steps()]).train()
    return {"transformers": hf.__version__}


def labelled(ids: Any, size: Size) -> Any:
    """Return the labels of a row: all, or 15 % at random; made beforehand, for free."""
    import torch

    if size.objective == "causal":
        return ids
    return torch.where(torch.rand(len(ids)) < size.told, ids, -100)


def random_rows(size: Size, *, tokens: int) -> Iterator[list[int]]:
    chance = Random(0)
    for _ in range(ROWS_A_PASS * size.rows):
        yield chance.choices(range(4, size.vocabulary), k=tokens)


def on_gpu() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def settled() -> None:
    import torch

    if on_gpu():
        torch.cuda.synchronize()


def emptied() -> None:
    import torch

    if on_gpu():
        torch.cuda.empty_cache()


def card() -> str:
    import torch

    return str(torch.cuda.get_device_name()) if on_gpu() else "no GPU"


def peak(size: int = 8192, repeats: int = 20) -> float:
    """Return TFLOP/s of a large bf16 product on random numbers."""
    import torch

    if not on_gpu():
        return 0.0
    left, right = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    seconds = []
    for _ in range(2):  # the first is a warm-up
        settled()
        began = time.perf_counter()
        for _ in range(repeats):
            left @ right
        settled()
        seconds.append(time.perf_counter() - began)
    del left, right
    emptied()
    return round(2 * size**3 * repeats / seconds[-1] / 1e12, 1)


if __name__ == "__main__":
    main()
