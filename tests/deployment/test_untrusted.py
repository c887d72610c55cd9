"""Folders made to do harm are refused with an error: no code of theirs runs, nothing hangs."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainring.contracts.errors import DamagedError, RefusedError
from chainring.contracts.request import Request
from chainring.deployment.engines.encoder import Tokens
from chainring.deployment.engines.speaking import Speaking
from chainring.deployment.predictors import open_predictor
from chainring.text.chat import prompt_ids

CPU_S, MEMORY_MIB = 5, 512
OPEN = """
import resource, sys
from pathlib import Path
import numpy, tokenizers
from chainring.contracts.errors import ChainringError
from chainring.contracts.request import Request
from chainring.deployment.predictors import open_predictor
import chainring.deployment.engines.linear, chainring.deployment.engines.onnx, onnxruntime
used = resource.getrusage(resource.RUSAGE_SELF)
begun = used.ru_utime + used.ru_stime
resource.setrlimit(resource.RLIMIT_CPU, (int(begun) + 1 + {cpu_s},) * 2)
resource.setrlimit(resource.RLIMIT_DATA, ({memory_mib} << 20,) * 2)
try:
    with open_predictor(Path(sys.argv[1]), engine=sys.argv[2], threads=1) as predictor:
        predictor.predict([Request(text=sys.argv[3])])
except ChainringError as error:
    print(type(error).__name__, error)
"""


class Gadget:
    """Makes a file when it is unpickled."""

    def __init__(self, sentinel: Path, how: str) -> None:
        self.sentinel, self.how = str(sentinel), how

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        import os

        calls: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
            "system": (os.system, (f"touch {self.sentinel}",)),
            "exec": (exec, (f"import pathlib; pathlib.Path({self.sentinel!r}).touch()",)),
            "mkdir": (os.makedirs, (self.sentinel,)),
            "run": (subprocess.run, (["touch", self.sentinel],)),
        }
        return calls[self.how]


def plain(gadget: Gadget) -> bytes:
    return pickle.dumps(gadget)


def zipped(gadget: Gadget) -> bytes:
    """As torch saves: a pickle within a zip; and that zip within another."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(gadget))
        archive.writestr("archive/version", "3")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(gadget))
        archive.writestr("archive/nested.zip", inner.getvalue())
    return outer.getvalue()


def saved_by_torch(gadget: Gadget) -> bytes:
    import torch

    out = io.BytesIO()
    torch.save({"weight": gadget}, out)
    return out.getvalue()


def array(gadget: Gadget) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([gadget], dtype=object), allow_pickle=True)
    return out.getvalue()


PACKINGS = (plain, zipped, saved_by_torch, array)
HOWS = ("system", "exec", "mkdir", "run")


@pytest.fixture
def sentinel(tmp_path: Path) -> Path:
    return tmp_path / "sentinel"


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("how", HOWS)
def test_a_gadget_does_its_harm_where_it_is_unpickled(
    sentinel: Path, how: str, pack: Callable[[Gadget], bytes]
) -> None:
    data = pack(Gadget(sentinel, how))
    if pack in (zipped, saved_by_torch):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = archive.read("archive/data.pkl")
    if pack is array:
        np.load(io.BytesIO(data), allow_pickle=True)
    else:
        pickle.loads(data)
    assert sentinel.exists(), "else the tests below would prove nothing"


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("name", ["linear.safetensors", "vocabulary.json", "model.json"])
def test_a_pickle_in_the_place_of_a_linear_models_file_is_refused_and_not_run(
    linear_folder: Path,
    tmp_path: Path,
    sentinel: Path,
    name: str,
    how: str,
    pack: Callable[[Gadget], bytes],
) -> None:
    folder = Path(shutil.copytree(linear_folder, tmp_path / "model"))
    (folder / name).write_bytes(pack(Gadget(sentinel, how)))
    with pytest.raises(DamagedError), open_predictor(folder, engine="linear"):
        pass
    assert not sentinel.exists()


@pytest.mark.parametrize("pack", PACKINGS)
@pytest.mark.parametrize(
    "name", ["head.safetensors", "encoder/model.safetensors", "encoder/pytorch_model.bin"]
)
def test_a_pickle_in_the_place_of_an_encoders_weights_is_refused_and_not_run(
    encoder_folder: Path,
    tmp_path: Path,
    sentinel: Path,
    name: str,
    pack: Callable[[Gadget], bytes],
) -> None:
    folder = Path(shutil.copytree(encoder_folder, tmp_path / "model"))
    if name.endswith(".bin"):
        (folder / "encoder/model.safetensors").unlink()
    (folder / name).write_bytes(pack(Gadget(sentinel, "mkdir")))
    with pytest.raises(DamagedError), open_predictor(folder, engine="torch"):
        pass
    assert not sentinel.exists()


@pytest.mark.parametrize("kind", ["bert", "evil"])
def test_code_that_a_model_brings_is_not_run(
    encoder_folder: Path, tmp_path: Path, sentinel: Path, kind: str
) -> None:
    folder = Path(shutil.copytree(encoder_folder, tmp_path / "model"))
    config = json.loads((folder / "encoder/config.json").read_text())
    code = "AutoConfig", "AutoModel", "AutoTokenizer"
    config |= {"model_type": kind, "auto_map": {name: f"evil.{name}" for name in code}}
    (folder / "encoder/config.json").write_text(json.dumps(config))
    bad = f"open({str(sentinel)!r}, 'w')\n" + "".join(f"class {name}: pass\n" for name in code)
    (folder / "encoder/evil.py").write_text(bad)
    if kind == "bert":  # transformers has this network: its own is taken
        with open_predictor(folder, engine="torch") as predictor:
            assert predictor.predict([Request(text="refund")])[0].label
    else:
        with pytest.raises(DamagedError), open_predictor(folder, engine="torch"):
            pass
    assert not sentinel.exists()


# Files that would take all memory or time


def opened_apart(folder: Path, engine: str, text: str = "refund") -> str:
    """Open a folder in a process of bounded time and memory; return the error that it told."""
    script = OPEN.format(cpu_s=CPU_S, memory_mib=MEMORY_MIB)
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), engine, text],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr[-2000:])
    return done.stdout


def nested(path: Path) -> None:
    path.write_text("[" * 200_000 + "]" * 200_000)


def endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2 << 30)


def not_text(path: Path) -> None:
    path.write_bytes(b'{"a": "\xff\xfe"}')


@pytest.mark.parametrize("harm", [nested, endless, not_text])
@pytest.mark.parametrize(
    ("engine", "name"),
    [
        ("linear", "vocabulary.json"),
        ("linear", "model.json"),
        ("onnxruntime", "tokenizer.json"),
        ("onnxruntime", "model.json"),
    ],
)
def test_a_file_without_bound_is_refused_in_little_time_and_memory(
    linear_folder: Path,
    onnx_folder: Path,
    tmp_path: Path,
    engine: str,
    name: str,
    harm: Callable[[Path], None],
) -> None:
    source = linear_folder if engine == "linear" else onnx_folder
    folder = Path(shutil.copytree(source, tmp_path / "model"))
    (folder / name).unlink()
    harm(folder / name)
    assert opened_apart(folder, engine).startswith("DamagedError")


CATASTROPHES = (r"(a+)+$", r"^(([a-z])+.)+[A-Z]([a-z])+$")
AWFUL = "a" * 40 + "!"


def with_rule(path: Path, pattern: str) -> None:
    data = json.loads(path.read_text())
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated"}
    data["pre_tokenizer"] = split | {"invert": False}
    path.write_text(json.dumps(data))


@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_a_tokeniser_whose_rules_take_for_ever_gives_up_with_an_error_of_ours(
    onnx_folder: Path, tmp_path: Path, pattern: str
) -> None:
    folder = Path(shutil.copytree(onnx_folder, tmp_path / "model"))
    with_rule(folder / "tokenizer.json", pattern)
    assert opened_apart(folder, "onnxruntime", AWFUL).startswith("RefusedError")
    tokens = Tokens(folder / "tokenizer.json", max_tokens=32)
    speaking = Speaking(folder / "tokenizer.json", template=None, marks={})
    reads: list[Callable[[], object]] = [
        lambda: tokens.ids([AWFUL]),
        lambda: tokens.read([AWFUL]),
        lambda: speaking.ids(AWFUL),
        lambda: speaking.read(AWFUL, limit=9),
        lambda: speaking(AWFUL),
    ]
    for read in reads:
        with pytest.raises(RefusedError, match="gave up on a text"):
            read()
    assert tokens.ids(["refund"]), "other texts are read as before"


TEMPLATES = (
    "{% for i in range(1000000000) %}x{% endfor %}",
    "{{ messages.append(1) }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ messages[0].__class__.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% include '/etc/passwd' %}",
    "{{ self.__init__.__globals__ }}",
)


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_of_conversations_reaches_nothing_and_makes_nothing_endless(
    onnx_folder: Path, template: str
) -> None:
    speaking = Speaking(onnx_folder / "tokenizer.json", template=template, marks={})
    with pytest.raises(RefusedError, match=f"conversations of {onnx_folder} "):
        prompt_ids(speaking, "hi", limit=9)
