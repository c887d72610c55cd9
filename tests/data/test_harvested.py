"""Harvests as the `records` step reads them: by role, with their papers, in a stream."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.record import Record
from chainring.data.harvest import Harvest
from chainring.data.harvested import harvest_digest, harvest_rows
from chainring.data.read import source_of
from chainring.data.records import records
from chainring.data.settings import DataSettings
from chainring.data.sources.settings import SourceSettings
from chainring.text.errors import in_both

HELP = SourceSettings.model_validate({"name": "help", "use": "files.v1", "licence": "CC0-1.0"})
SETTINGS = DataSettings(sources=(HELP,))


@pytest.fixture
def harvest(tmp_path: Path) -> Iterator[Harvest]:
    with Harvest.open(tmp_path / "help") as found:
        yield found


def made(workshop: Any, harvest: Harvest, *, settings: DataSettings = SETTINGS) -> list[Record]:
    harvest.commit()
    workshop.settings = settings
    source = source_of(
        (), app="shop", digests=workshop.trees.digests,
        harvests=[(harvest.folder, HELP)],
    )  # fmt: skip
    table = records(source, workshop.guard, work=workshop.work, settings=settings)
    found: list[Record] = workshop.read(Record, table)
    return found


def test_a_conversation_that_is_none_is_left_out_of_a_harvest_which_nobody_can_mend(
    workshop: Any, harvest: Harvest
) -> None:
    whole = '[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]'
    harvest.put("a", {"text": whole, "answer": "c", "locator": "turn 1"})
    harvest.put("b", {"text": whole})
    harvest.put("c", {"text": '[{"id": 17, "status": "failed"}]', "answer": "It runs again."})
    settings = DataSettings(sources=(HELP,), task="dialogue")
    assert len(made(workshop, harvest, settings=settings)) == 2
    source = source_of(
        (), app="shop", digests=workshop.trees.digests, harvests=[(harvest.folder, HELP)]
    )
    table = records(source, workshop.guard, work=workshop.work, settings=settings)
    reason = "no sound conversation that ends with the user"
    assert table.counts == {reason: 1}
    assert in_both(reason).zh == "不是以用户消息结尾的完整对话"
    (line,) = workshop.dropped(table.address)
    assert line == {"reason": reason, "source": "help", "locator": "turn 1"}


def test_a_row_becomes_a_record_with_its_answer_its_context_and_its_time(
    workshop: Any, harvest: Harvest
) -> None:
    row = {
        "text": "我的包裹到哪了？", "answer": "call 13912345678", "answer_language": "en",
        "context": "您好", "locator": "https://shop.example/a", "at": "2026-11-25T04:00:00+08:00",
        "licence": "CC-BY-4.0", "directives": "noai absent",
    }  # fmt: skip
    harvest.put("a", row)
    harvest.put("b", {"text": "Where is it?", "label": "track", "split": "dev", "at": "soon"})
    one, two = made(workshop, harvest)
    assert (one.source, one.locator, one.licence) == ("help", "https://shop.example/a", "CC-BY-4.0")
    assert one.at == 1795550400.0  # 2026-11-24T20:00Z
    assert one.fields == {
        "answer": "call [phone]", "answer_language": "en", "context": "您好",
        "directives": "noai absent",
    }  # fmt: skip
    assert (two.licence, two.consent, two.at) == ("CC0-1.0", "owner", None)
    assert two.fields == {"label": "track", "split": "validation"}
    assert two.locator == "b"


def test_no_number_or_address_stands_in_the_papers_of_a_row_used_or_refused(
    workshop: Any, harvest: Harvest, tmp_path: Path
) -> None:
    row = {"text": "Where is it?", "label": "track"}
    harvest.put("1", row | {"locator": "phone 13912345678", "licence": "ask bob@example.com"})
    harvest.put("2", row | {"locator": "phone 13912345679", "consent": "refused"})
    harvest.put("3", row | {"locator": "page 3", "consent": "no, says al@example.com"})
    harvest.put("4", row | {"locator": "page 4", "licence": "内部（仅限 ＡＢＣ）"})
    workshop.guard = replace(workshop.guard, allowed_consents=("owner",))
    one, two = made(workshop, harvest)
    assert (one.locator, one.licence) == ("phone [phone]", "ask [email]")
    assert (two.locator, two.licence) == ("page 4", "内部（仅限 ＡＢＣ）")
    files = [path for path in (tmp_path / "store").rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    assert b"1391234567" not in kept
    assert b"@example.com" not in kept
    (dropped,) = (path for path in files if path.name == "dropped.jsonl")
    assert [json.loads(line) for line in dropped.read_text(encoding="utf-8").splitlines()] == [
        {"reason": "consent not allowed: refused", "source": "help", "locator": "phone [phone]"},
        {"reason": "consent not allowed: no, says [email]", "source": "help", "locator": "page 3"},
    ]


@pytest.mark.parametrize(
    ("task", "target", "field", "kept"),
    [
        ("translation", "打 13912345678", "target", "打 [phone]"),
        ("generation", "一首诗", "target", "一首诗"),
        ("question-answering", "in Rome", "target", "in Rome"),
        ("regression", "3.50", "label", "3.5"),
        ("tagging", '[[22, 26, "city"]]', "label", '[[18,22,"city"]]'),
    ],
)
def test_the_target_of_a_row_is_what_the_task_learns(
    workshop: Any, tmp_path: Path, task: Task, target: str, field: str, kept: str
) -> None:
    settings = DataSettings(task=task, sources=(HELP,))
    row = {"text": "Ｃall 13912345678 now, Rome", "target": target}
    with Harvest.open(tmp_path / "help", redacts=True) as harvest:
        harvest.put("a", row)
        (record,) = made(workshop, harvest, settings=settings)
    assert record.text == "Call [phone] now, Rome"
    assert record.fields[field] == kept


def test_a_target_stands_before_an_answer_and_a_task_without_one_reads_neither(
    workshop: Any, harvest: Harvest
) -> None:
    harvest.put("a", {"text": "hello", "target": "hallo", "answer": "salut"})
    (record,) = made(workshop, harvest, settings=DataSettings(task="translation", sources=(HELP,)))
    assert record.fields["target"] == "hallo"
    (record,) = made(workshop, harvest)
    assert not {"label", "target"} & set(record.fields)


def test_two_rows_of_one_text_are_two_records_and_stay_so(workshop: Any, harvest: Harvest) -> None:
    for name in ("a", "b"):
        harvest.put(name, {"text": "the same sentence", "locator": name})
    before = {row.locator: row.id for row in made(workshop, harvest)}
    assert len(set(before.values())) == 2
    harvest.drop("a")
    assert [row.id for row in made(workshop, harvest)] == [before["b"]]


def test_the_digest_tells_rows_and_papers(harvest: Harvest) -> None:
    harvest.put("a", {"text": "one"})
    harvest.commit()
    before = harvest_digest(harvest.folder, HELP)
    assert before == harvest_digest(harvest.folder, HELP)
    other = HELP.model_copy(update={"consent": "training"})
    assert harvest_digest(harvest.folder, other) != before
    harvest.put("a", {"text": "two"})
    harvest.commit()
    assert harvest_digest(harvest.folder, HELP) != before


def test_memory_stays_flat_while_a_harvest_is_read(tmp_path: Path) -> None:
    """Ten times as many rows take no more than a few MiB more."""
    code = (
        "import resource, sys\nfrom collections import Counter\nfrom pathlib import Path\n"
        "from chainring.data.harvest import Harvest\n"
        "from chainring.data.harvested import harvest_rows\n"
        "from chainring.data.settings import DataSettings\n"
        "from chainring.data.sources.settings import SourceSettings\n"
        "folder = Path(sys.argv[1]) / 'help'\n"
        "with Harvest.open(folder) as harvest:\n"
        "    for number in range(int(sys.argv[2])):\n"
        "        harvest.put(f'{number:06}', {'text': f'{number} ' * 100})\n"
        "        if number % 1000 == 0:\n            harvest.commit()\n"
        "    harvest.commit()\n"
        "settings = DataSettings(sources=(SourceSettings(name='help', use='files.v1'),))\n"
        "rows = harvest_rows(folder, settings=settings, skipped=Counter())\n"
        "count = sum(1 for _ in rows)\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    peaks = []
    for rows in (3000, 30_000):
        place = str(tmp_path / str(rows))
        done = subprocess.run(
            [sys.executable, "-c", code, place, str(rows)],
            env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        count, peak = map(int, done.stdout.split())
        assert count == rows
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 12


def test_what_the_part_passed_over_is_counted(harvest: Harvest) -> None:
    harvest.put("a", {"text": "one"})
    harvest.set_state("dropped", '{"empty text": 4}')
    harvest.commit()
    skipped: Counter[str] = Counter()
    assert len(list(harvest_rows(harvest.folder, settings=SETTINGS, skipped=skipped))) == 1
    assert skipped == {"help: empty text": 4}
