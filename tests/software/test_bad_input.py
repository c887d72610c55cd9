"""Bad input: each with a clear message, nothing lost or half written, and all well once mended."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.software.conftest import (
    ALONE,
    RECIPE,
    child,
    copy,
    opened,
    refused,
    run,
    served,
    texts_of,
)

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import DamagedError, InputError, RecipeError, SpaceError
from chainring.ring.built import current
from chainring.software.api import Project

GIB = 1 << 30
TEXT = "where is my parcel right now"


def state(folder: Path) -> dict[str, int]:
    """Return how much stands in a project: facts, executions, champions, trees."""
    with opened(folder) as project:
        ledger, trees = project.ring.ledger, project.ring.runner.trees
        for address in trees.addresses():
            trees.verify(address)
        return {
            "executions": len(ledger.all_lineage()),
            "champions": len(ledger.ref_history("champion")),
        }


# Text


BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "missing columns": (
        "more.csv",
        "sentence,y\nwhere is it,track_order\n我要退货,return_item\n".encode(),
        "columns `text`, `label` expected; found `sentence`, `y`",
    ),
    "an empty file": ("more.jsonl", b"", "an empty file; fill it or take it away"),
    "a file of blank lines": ("more.jsonl", b"\n\n", "data/more.jsonl"),
    "broken UTF-8": (
        "more.csv", b"text,label\nwhere is \xff it,track_order\n", "line 2: broken UTF-8 at byte",
    ),
    "broken JSON": ("more.jsonl", b'{"text": "hi", "label": "stock"}\n{"text": ', "line 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_cannot_be_used_is_named_and_the_project_turns_without_it(
    shop: Path, name: str
) -> None:
    file, data, message = BAD_FILES[name]
    before = state(shop)
    (shop / "data" / file).write_bytes(data)
    said = refused("turn", "-p", str(shop))
    assert message in said
    assert f"data/{file}" in said
    assert state(shop) == before
    assert run("predict", TEXT, "-p", str(shop)).startswith("track_order")
    (shop / "data" / file).unlink()
    assert run("turn", "-p", str(shop)) == "nothing changed\n"


def test_the_faults_of_all_files_come_together(shop: Path) -> None:
    for number, (file, data, _) in enumerate(BAD_FILES.values()):
        (shop / "data" / f"{number}-{file}").write_bytes(data)
    said = refused("turn", "-p", str(shop))
    assert [
        n for n, (file, _, _) in enumerate(BAD_FILES.values()) if f"{n}-{file}" not in said
    ] == []


def test_columns_that_were_missing_are_found_once_they_are_mapped(
    untouched: Path, tmp_path: Path
) -> None:
    run("init", str(tmp_path / "shop"))
    rows = [f"{row['text']!r},{row['label']}".replace('"', "") for row in texts_of(untouched, 200)]
    own = "\n".join(["sentence,y", *(row for row in rows if row.count(",") == 1)])
    (tmp_path / "shop" / "data" / "own.csv").write_text(own)
    recipe = tmp_path / "shop" / "chainring.toml"
    recipe.write_text('[project]\nname = "shop"\n[training]\ncandidates = ["linear.v1"]\n')
    assert "[data.columns]" in refused("turn", "-p", str(recipe.parent))
    recipe.write_text(recipe.read_text() + '[data.columns]\ntext = "sentence"\nlabel = "y"\n')
    assert "gate: " in run("turn", "-p", str(recipe.parent))


def test_a_label_seen_once_is_left_out_with_a_word(shop: Path) -> None:
    row = {"text": "do you sell gift cards for my aunt", "label": "gift_card"}
    (shop / "data" / "more.jsonl").write_text(json.dumps(row) + "\n")
    run("turn", "-p", str(shop))
    with opened(shop) as project:
        newest = project.ring.ledger.all_lineage(step="dataset")[-1]
        made = decode(Dataset, newest.result)
        assert "gift_card" not in made.labels
        assert made.counts["label 'gift_card' has 1 row; at least 2 needed"] == 1
        dropped = project.ring.runner.trees.open(made.address) / "dropped.jsonl"
        assert "gift_card" in dropped.read_text()


def test_an_empty_data_folder_is_named(untouched: Path, tmp_path: Path) -> None:
    shop = copy(untouched, tmp_path / "shop")
    for path in (shop / "data").iterdir():
        path.unlink()
    message = refused("turn", "-p", str(shop))
    assert str(shop / "data") in message
    assert "data.path" in message


def test_a_line_of_a_gibibyte_is_refused_in_little_memory(shop: Path) -> None:
    long = shop / "data" / "long.jsonl"
    long.touch()
    os.truncate(long, GIB)  # sparse: it takes no room
    # The peak of a child counts from before its exec, so a small process stands between.
    between = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:]); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    )
    command = [sys.executable, "-m", "chainring.software.cli", "turn", "-p", str(shop)]
    done = subprocess.run(
        [sys.executable, "-c", between, *command],
        env=ALONE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "line 1: 1073741824 bytes, more than the 16777216 allowed" in done.stderr
    scale = 1024 if sys.platform.startswith("linux") else 1
    assert int(done.stdout.split()[-1]) * scale < GIB // 2
    long.unlink()
    assert run("turn", "-p", str(shop)) == "nothing changed\n"


def test_a_text_of_a_hundred_thousand_characters_is_refused_with_the_limit(shop: Path) -> None:
    for text in ("a" * 100_000, "退" * 100_000):
        message = refused("predict", text, "-p", str(shop))
        assert "100,000 characters; at most 20,000" in message
    with opened(shop) as project:
        with pytest.raises(InputError, match=r"text 2: 100,000 characters"):
            project.predict([TEXT, "a" * 100_000])
        assert project.status()["traffic"].get("predictions", 0) == 0


def test_a_row_of_too_many_characters_is_dropped_and_counted(shop: Path) -> None:
    row = {"text": "parcel " * 20_000, "label": "track_order"}
    (shop / "data" / "more.jsonl").write_text(json.dumps(row) + "\n")
    with opened(shop) as project:
        project.turn()
        newest = json.loads(project.ring.ledger.all_lineage(step="records")[-1].result)
    assert newest["counts"] == {"longer than 100000 characters": 1}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"where is \xff it\n", "is no UTF-8: byte 9 cannot be read"),
        (b"", "holds no text"),
        (None, "cannot be read: No such file"),
    ],
    ids=["broken UTF-8", "empty", "not there"],
)
def test_a_file_of_texts_that_cannot_be_read_is_named(
    shop: Path, data: bytes | None, message: str
) -> None:
    file = shop / "asked.txt"
    if data is not None:
        file.write_bytes(data)
    said = refused("predict", "--file", str(file), "-p", str(shop))
    assert said.startswith(str(file))
    assert message in said


# The recipe


def test_five_faults_of_a_recipe_come_together_each_with_path_and_way_out(shop: Path) -> None:
    (shop / "chainring.toml").write_text(
        """\
[project]
name = "Support!"
[data]
licens = "MIT"
[training]
candidates = ["linaer.v1"]
budget_minutes = -1
[deployment]
tier = "ligth"
"""
    )
    with pytest.raises(RecipeError) as caught:
        Project.open(shop)
    faults = dict(fault.split(": ", 1) for fault in caught.value.faults)
    assert set(faults) == {
        "project.name", "data.licens", "training.candidates", "training.budget_minutes",
        "deployment.tier",
    }  # fmt: skip
    assert "did you mean 'licence'" in faults["data.licens"]
    assert "did you mean 'linear.v1'" in faults["training.candidates"]
    assert "did you mean 'light'" in faults["deployment.tier"]
    assert "-1" in faults["training.budget_minutes"]
    (shop / "chainring.toml").write_text(RECIPE)
    assert run("turn", "-p", str(shop)) == "nothing changed\n"


def test_a_recipe_that_is_no_toml_is_named_with_the_line(shop: Path) -> None:
    (shop / "chainring.toml").write_text("[project]\nname = support\n")
    message = refused("status", "-p", str(shop))
    assert "chainring.toml is no TOML" in message
    assert "line 2" in message


# Models


def truncated(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def altered(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def taken_away(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("harm", [truncated, altered, taken_away])
@pytest.mark.parametrize("which", ["stored", "opened"])
def test_a_harmed_model_folder_is_refused_or_mended_but_never_used(
    shop: Path, which: str, harm: Callable[[Path], None]
) -> None:
    with opened(shop) as project:
        form = project.champion().deployment.form
        trees = project.ring.runner.trees
        blob = max(trees.manifest(form).files, key=lambda one: one.size)
        name = blob.digest.partition(":")[2]
        stored = trees.root / "blobs" / name[:2] / name
        folder = trees.open(form) / blob.path
        place = stored if which == "stored" else folder
        kept = stored.read_bytes()
        if which == "opened":  # a copy, as on file systems without hard links
            folder.unlink()
            folder.write_bytes(kept)
        else:
            place.chmod(0o644)
        harm(place)
        if which == "opened":
            assert project.predict([TEXT])[0].label == "track_order"
            assert folder.read_bytes() == kept
            return
        with pytest.raises(DamagedError, match=r"was altered|is missing"):
            project.predict([TEXT])
        stored.unlink(missing_ok=True)
        stored.write_bytes(kept)
        assert project.predict([TEXT])[0].label == "track_order"


def test_a_harmed_manifest_is_refused(shop: Path) -> None:
    with opened(shop) as project:
        name = project.champion().deployment.form.partition(":")[2]
        manifest = project.ring.runner.trees.root / "trees" / name[:2] / f"{name}.json"
        manifest.chmod(0o644)
        altered(manifest)
        with pytest.raises(DamagedError, match="was altered; put it back from a backup"):
            project.predict([TEXT])


def test_weights_that_were_exchanged_between_two_versions_are_refused(
    grown_project: Project,
) -> None:
    trees = grown_project.ring.runner.trees
    second, first = (
        decode(Deployment, ref.body) for ref in grown_project.ring.ledger.ref_history("champion")
    )
    places = []
    for one in (first, second):
        blob = max(trees.manifest(one.form).files, key=lambda file: file.size)
        name = blob.digest.partition(":")[2]
        places.append(trees.root / "blobs" / name[:2] / name)
    kept = [place.read_bytes() for place in places]
    assert kept[0] != kept[1]
    for place, other in zip(places, reversed(kept), strict=True):
        place.unlink()
        place.write_bytes(other)  # whole and valid, but of the other model
    with pytest.raises(DamagedError, match="was altered"):
        grown_project.rollback(by="bo", reason="a test")
    _, champion = current(grown_project.ring)
    assert champion == second
    with pytest.raises(DamagedError, match="was altered"):
        grown_project.predict([TEXT])


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Yield a function that gives a small file system so many KiB; a second call resizes it."""
    place = tmp_path / "disk"
    place.mkdir()

    def sized(kib: int) -> Path:
        options = f"size={kib}k" + (",remount" if os.path.ismount(place) else "")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"a small disk needs the right to mount: {done.stderr.strip()}")
        return place

    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("a small disk needs Linux and the right to mount (root)")
    yield sized
    subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.mark.parametrize("room_kib", [60, 200, 340, 480])
def test_a_disk_that_fills_up_is_told_and_the_turn_ends_once_there_is_room(
    untouched: Path, small_disk: Callable[[int], Path], room_kib: int
) -> None:
    shop = copy(untouched, small_disk(100_000) / "shop")
    (shop / "chainring.toml").write_text(RECIPE + "[store]\nmin_free_mib = 0\n")
    filled = sum(path.stat().st_blocks * 512 for path in shop.rglob("*")) // 1024
    small_disk(filled + room_kib)
    done = child("turn", "-p", str(shop))
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert re.search(r"chainring: the disk of .* is full; .*chainring gc", done.stderr)
    small_disk(100_000)
    state(shop)
    with opened(shop) as project:
        assert project.turn().outcome == "promoted"
        assert project.turn().steps == ()


def test_too_little_room_is_told_before_a_step_begins(
    untouched: Path, small_disk: Callable[[int], Path]
) -> None:
    shop = copy(untouched, small_disk(50_000) / "shop")
    with pytest.raises(SpaceError, match="500"), opened(shop) as project:
        project.turn()
    with opened(shop) as project:
        assert [row.step for row in project.ring.ledger.all_lineage()] == []


# Over HTTP


@pytest.fixture(scope="module")
def client(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    shop = copy(turned, tmp_path_factory.mktemp("bad") / "shop")
    with served(shop) as server, httpx.Client(base_url=server.url, timeout=60) as found:
        yield found
        assert "Traceback" not in server.log.read_text()
    with opened(shop) as project:
        traffic = project.ring.traffic
        assert {traffic.text(one.id) for one in traffic.predictions()} == {TEXT}
        assert list(traffic.feedback()) == []


BAD_BODIES: dict[str, tuple[str, Any, int, str]] = {
    "unknown key": ("/v1/predict", {"texst": "hi"}, 422, "did you mean 'text'"),
    "100,000 characters": (
        "/v1/predict", {"text": "退" * 100_000}, 422, "100,000 characters; at most 20,000",
    ),
    "a long text among many": (
        "/v1/predict", {"texts": ["hi", "a" * 100_000]}, 422, "texts.1: 100,000 characters",
    ),
    "a body over the limit": ("/v1/predict", {"text": "a" * 1_000_000}, 413, "1,000,000 bytes"),
    "too many texts": ("/v1/predict", {"texts": ["hi"] * 257}, 422, "at most 256"),
    "no text": ("/v1/predict", {"text": " "}, 422, "text: empty"),
    "an unknown kind": (
        "/v1/react", {"prediction": "pred_x", "kind": "corection"}, 422, "'correction'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_answered_with_its_fault_and_the_server_goes_on(
    client: httpx.Client, name: str
) -> None:
    path, body, status, message = BAD_BODIES[name]
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert message in answer.text
    assert client.post("/v1/predict", json={"text": TEXT}).status_code == 200


def test_a_body_that_is_no_json_is_answered_as_such(client: httpx.Client) -> None:
    for data in (b"{", b'{"text": "\xff"}', b"[]"):
        assert client.post("/v1/predict", content=data).status_code in (400, 422)


def test_an_unknown_key_is_not_let_in(turned: Path, tmp_path: Path) -> None:
    shop = copy(turned, tmp_path / "keyed")
    with opened(shop) as project:
        project.make_key("ask", "page")
    headers = {"authorization": "Bearer cr_ask_000000000000_" + "0" * 64}
    with served(shop) as server:
        asked = {"json": {"text": TEXT}, "headers": headers, "timeout": 60}
        answer = httpx.post(f"{server.url}/v1/predict", **asked)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "wrong_key"
    assert "ask an operator" in answer.text


def test_on_a_full_disk_questions_are_answered_and_reactions_are_not_acknowledged(
    turned: Path, small_disk: Callable[[int], Path], tmp_path: Path
) -> None:
    shop = copy(turned, small_disk(100_000) / "shop")
    (shop / "chainring.toml").write_text(RECIPE + "[store]\nmin_free_mib = 0\n")
    told = []
    with served(shop) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        answer = client.post("/v1/predict", json={"text": TEXT}).json()["id"]
        body = {"prediction": answer, "kind": "comment", "value": "slow " * 300}
        told.append(client.post("/v1/react", json=body).json()["id"])
        (shop / "ballast").write_bytes(b"0" * 60_000_000)
        small_disk(sum(path.stat().st_blocks for path in shop.parent.rglob("*")) // 2)
        status = 201
        while status == 201:
            answer_to = client.post("/v1/react", json=body)
            status = answer_to.status_code
            told += [answer_to.json()["id"]] if status == 201 else []
        assert status == 503, answer_to.text
        assert answer_to.headers["retry-after"] == "5"
        assert "was not accepted" in answer_to.text
        assert "SpaceError" in answer_to.text
        assert client.post("/v1/predict", json={"text": TEXT}).status_code == 200
        small_disk(100_000)
        told.append(client.post("/v1/react", json=body).raise_for_status().json()["id"])
    with opened(shop) as project:
        assert {row.id for row in project.ring.traffic.feedback()} == set(told)
        assert len(list(project.ring.traffic.predictions())) == 2
