"""A project on disk: `chainring.toml`, the text beside it, and `.chainring/` with everything else.

Enters a folder, leaves the opened ring. The key in `.chainring/key` is what digests of texts and
the hold-out are keyed with: it is part of every backup. Who serves a project has to own the folder:
it is made for its owner alone, since people's texts are in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from chainring.contracts.errors import ChainringError, ConflictError, InputError, UnknownNameError
from chainring.contracts.source import Source
from chainring.contracts.work import OpenPredictor
from chainring.data.settings import DataSettings
from chainring.hardware.executors import executor
from chainring.ring.built import Ring
from chainring.ring.recipe import FILE, Recipe, load_recipe
from chainring.ring.steps import Runner
from chainring.software.project_key import key_of
from chainring.store import migrations
from chainring.store.files import make_private, write_durably
from chainring.store.ledger import Ledger
from chainring.store.litter import files_below
from chainring.store.opening import explained
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

HIDDEN = ".chainring"
HARVESTS = "harvests"
EXAMPLES = ("support",)
RECIPES = {
    "en": """\
# One section a link; everything has a default. `chainring doctor` shows what was decided and why.
[project]
name = "{name}"{said}

[data]
path = "data"            # JSONL, CSV, TSV, Parquet or text; train/validation/test by file name
licence = "unstated"     # licence of your own text, kept with every row
# [data.columns]         # names in your files, where they are not `text` and `label`
# text = "sentence"
# label = "intent"
""",
    "zh": """\
# 每个环节一小节；每项都有默认值。`chainring doctor` 说明选定了什么、为什么。
[project]
name = "{name}"{said}

[data]
path = "data"            # JSONL、CSV、TSV、Parquet 或纯文本；按文件名分为 train/validation/test
licence = "unstated"     # 您自己文本的许可，随每一行保存
# [data.columns]         # 文件里的列名不是 `text` 和 `label` 时，在这里写明
# text = "sentence"
# label = "intent"
""",
}
"""What `chainring.toml` of a new project says, in the language of who makes it."""
NO_NAMES = {
    "en": "  # the folder's name has no letter a-z; a name of your own: before the first turn",
    "zh": "  # 文件夹名中没有 a-z 的字母；要自己起名，请在第一圈之前",
}

# Waiting threads sleep instead of spinning: on a machine that does other work besides, spinning
# ones take the cores from each other (docs/log.md). It has to be said before torch is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
for _name in ("DO_NOT_TRACK", "HF_HUB_DISABLE_TELEMETRY", "OPENVINO_TELEMETRY_DISABLE"):
    os.environ.setdefault(_name, "true")


def quiet(_: str) -> None:
    """Say nothing: the default of a library."""


def create(folder: Path, *, example: str | None = None, language: str = "en") -> Path:
    """Make a project in a new or empty folder and return it.

    Parameters
    ----------
    example
        `support`: the built-in project, text included.
    language
        Of the comments in the recipe: `en` or `zh`.

    Raises
    ------
    ConflictError
        When the folder already holds a project.
    InputError
        When a file stands where the folder, or one above it, should be.
    """
    _require_no_file(folder)
    if (folder / FILE).exists():
        raise ConflictError(f"{folder} already holds a project; open it, or name another folder")
    if example is not None and example not in EXAMPLES:
        raise UnknownNameError("example", example, EXAMPLES)
    folder.mkdir(parents=True, exist_ok=True)
    if example is None:
        (folder / "data").mkdir(exist_ok=True)
        name = _name_of(folder)
        said = "" if name else NO_NAMES[language]
        recipe = RECIPES[language].format(name=name or "project", said=said)
        write_durably(folder / FILE, recipe.encode())
    else:
        origin = files("chainring.software") / "projects" / example
        shutil.copytree(str(origin), folder, dirs_exist_ok=True)
    return folder


def open_ring(
    folder: Path, *, say: Callable[[str], None] = quiet, upgrading: bool = False
) -> tuple[Ring, bytes]:
    """Open the project of a folder: its recipe, ledger, traffic log and trees.

    Raises
    ------
    ProjectNotFoundError, RecipeError
        From the recipe.
    InputError
        When the ledger cannot be opened, is of another version (see `chainring upgrade`), or of
        another key, or has one that is not here.
    """
    recipe = _placed(load_recipe(folder), folder)
    hidden = folder / HIDDEN
    make_private(hidden)
    app = recipe.project.name
    ledger = Ledger(_ledger_url(recipe.store.ledger, folder), app=app)
    try:
        with explained(ledger.engine):
            (migrations.upgrade if upgrading else migrations.ready)(ledger.engine)
        secret = key_of(ledger, hidden / "key")
    except ChainringError:
        ledger.close()
        raise
    place = recipe.store.ledger if recipe.store.ledger.startswith("postgresql") else None
    traffic = Traffic(
        place or hidden / "traffic",
        app=app,
        retention_s=recipe.privacy.retention_days * 86400.0,
    )
    trees = TreeStore(
        hidden / "store",
        remote=recipe.store.remote or None,
        cache_bytes=int(recipe.store.cache_gib * (1 << 30)),
        secret=secret,
    )
    runner = Runner(
        app=app,
        ledger=ledger,
        trees=trees,
        scratch=hidden / "scratch",
        secret=secret,
        executor=executor(recipe.hardware),
        open_predictor=_open_predictor(),
        say=say,
        min_free_mib=recipe.store.min_free_mib,
        home=folder.resolve(),
    )
    return Ring(recipe=recipe, ledger=ledger, traffic=traffic, runner=runner), secret


def _ledger_url(stated: str, folder: Path) -> str:
    """Return where the ledger is; the file of a relative url lies in the project's folder.

    Raises
    ------
    InputError
        When that file is not there, but one of its name where the command was started: relative
        urls were read so once, and an empty ledger would be begun beside the full one.
    """
    if not stated.startswith("sqlite:"):
        return stated or f"sqlite:///{(folder / HIDDEN / 'ledger.db').resolve()}"
    name = stated.removeprefix("sqlite:///")
    if name == ":memory:":
        return stated
    file = Path(name.partition("?")[0])
    if file.is_file() and not (folder / file).exists():
        raise InputError(
            f"the ledger {file.resolve()} lies where the command was started, and {folder} has "
            f"none: move it there, with its -wal and -shm, or write sqlite:///{file.resolve()} as "
            "`ledger`; if it is another project's, start the command in another folder"
        )
    return f"sqlite:///{folder.resolve() / name}"


def _placed(recipe: Recipe, folder: Path) -> Recipe:
    """Return the recipe with its evaluation texts looked for in the project's folder."""
    clean = recipe.data.clean
    if not clean.evaluation:
        return recipe
    paths = tuple(str((folder / name).resolve()) for name in clean.evaluation)
    data = recipe.data.model_copy(update={"clean": clean.model_copy(update={"evaluation": paths})})
    return recipe.model_copy(update={"data": data})


def source(ring: Ring, folder: Path) -> Source:
    """Return the project's own text as it stands now: its files, and what its sources brought."""
    from chainring.data.read import source_of

    data = ring.recipe.data
    harvests = [(harvest_folder(folder, one.name).resolve(), one) for one in data.sources]
    return source_of(
        _paths(data, folder.resolve()),
        app=ring.app,
        digests=ring.runner.trees.digests,
        root=folder.resolve(),
        harvests=[(place, one) for place, one in harvests if place.is_dir()],
    )


def harvest_folder(folder: Path, name: str) -> Path:
    """Return where what a source brought is kept."""
    return folder / HIDDEN / HARVESTS / name


def _paths(data: DataSettings, folder: Path) -> tuple[str, ...]:
    """Return the paths to read; beside sources a folder may be empty, and the default one absent.

    Nothing that the recipe names may be absent.
    """
    if not data.sources:
        return data.paths
    return tuple(
        path
        for path in data.paths
        if not _is_empty(folder / path) and (data.is_path_stated or (folder / path).exists())
    )


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(files_below(path))


def _open_predictor() -> OpenPredictor:
    def opened(folder: Path, *, engine: str, threads: int = 0):  # type: ignore[no-untyped-def]
        from chainring.deployment.predictors import open_predictor

        return open_predictor(folder, engine=engine, threads=threads)

    return opened


def _require_no_file(folder: Path) -> None:
    place = _file_before(folder)
    if place is not None:
        raise InputError(
            f"{place} is a file; name a new folder, `chainring init shop`, and put the file "
            "into its `data`"
        )


def require_folder(folder: Path) -> None:
    """Refuse a path that is no folder and cannot become one."""
    place = _file_before(folder)
    if place is not None:
        raise InputError(f"{place} is a file; name a new folder")


def _file_before(folder: Path) -> Path | None:
    places = (folder, *folder.parents)
    return next((place for place in places if place.exists() and not place.is_dir()), None)


def _name_of(folder: Path) -> str:
    """Return what of a folder's name may name a project, from its first letter a-z on, or ""."""
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in folder.resolve().name.lower())
    return name.lstrip("-0123456789")[:63].rstrip("-")
