"""What the other commands tell in Chinese: review, keys, forgetting, upkeep, text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.software.conftest import copy, invoke, opened, run
from tests.text.english import english_in
from tests.text.sentence_tables import require_complete

from chainring.contracts.ids import new_id
from chainring.ring.recipe import load_recipe
from chainring.software import cli
from chainring.software.telling import command_words, data_words

TEXT = "where is my parcel right now"
ID = re.compile(r"pred_\w+")


@pytest.fixture(autouse=True)
def _chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRING_LANGUAGE", "zh")


@pytest.fixture(scope="module")
def used(grown: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the grown project for all tests of this file."""
    return copy(grown, tmp_path_factory.mktemp("used") / "shop")


def told(*words: str, typed: str = "", texts: str = "") -> str:
    """Return what a command tells; fail where a sentence of it is English and no text of users."""
    said = run(*words, typed=typed)
    left = re.sub(texts, "", said, flags=re.MULTILINE) if texts else said
    assert english_in(left) == [], said
    return said


def asked(folder: Path, text: str = TEXT) -> str:
    """Ask; return the id of the answer."""
    found: list[str] = ID.findall(told("predict", text, "-p", str(folder)))
    return found[0]


def test_every_sentence_has_a_chinese_one_with_the_same_values() -> None:
    require_complete(command_words.SENTENCES)
    require_complete(data_words.SENTENCES)


def test_a_new_project_is_told_in_chinese(tmp_path: Path) -> None:
    assert "请把文本放入" in told("init", str(tmp_path / "shop"))
    recipe = tmp_path / "shop" / "chainring.toml"
    comments = " ".join(line.partition("#")[2] for line in recipe.read_text("utf-8").splitlines())
    assert "每项都有默认值" in comments
    assert english_in(comments) == []
    assert load_recipe(tmp_path / "shop").project.name == "shop"


def test_who_stops_a_command_hears_so_in_chinese(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_command", stopped)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == "已停止；已完成的部分都已保存\n"


def test_an_answer_and_a_reaction_are_told_in_chinese(used: Path) -> None:
    place = ("-p", str(used))
    assert "没有把握，转交人工" in told("predict", "qwx zzz vbn", *place)
    assert "已保存为" in told("react", asked(used), "correction", "stock", *place)
    orphan = invoke("react", new_id("pred"), "rating", "up", *place)
    assert orphan.exit_code == 1
    assert english_in(orphan.output) == []


def test_the_dialogue_of_review_is_chinese(used: Path) -> None:
    place = ("-p", str(used))
    run("react", asked(used), "flag", "wrong", "--comment", "这不是我问的", *place)
    run("react", asked(used), "correction", "stock", "--author", "ann", *place)
    listed = told("review", "--list", *place, texts=r"^\[.*|最需要补充标注的标签：.*")
    assert "答为" in listed
    said = told(
        "review",
        *place,
        typed="Track Order\nq\n",
        texts=r"^\[.*|最需要补充标注的标签：.*|Track Order",
    )
    assert "回车接受" in said
    assert "在这里写作 'track_order'" in said
    assert "未结" in told("cases", *place)


def test_groups_without_a_label_are_named_in_chinese(untouched: Path, tmp_path: Path) -> None:
    folder = copy(untouched, tmp_path / "shop")
    for path in (folder / "data").glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        bare = (json.dumps({"text": row["text"]}) + "\n" for row in rows)
        path.write_text("".join(bare), encoding="utf-8")
    said = told("review", "-p", str(folder), typed="退款\nq\n", texts=r"^    (?! ).*|：.*")
    assert "还没有标签" in said
    assert "至少需要两个标签" in said


def test_keys_and_the_audit_are_told_in_chinese(used: Path) -> None:
    place = ("-p", str(used))
    made = told("keys", "--make", "ask", "--name", "web", "--days", "30", "--per-day", "9", *place)
    name = re.findall(r"密钥 (\w+)", made)[0]
    assert "宽限期" in told("keys", "--rotate", name, *place)
    assert "每天 9 条文本" in told("keys", *place, texts="ask +web")
    assert "已吊销" in told("keys", "--revoke", name, *place)
    run("review", "--list", *place)
    said = told("audit", *place)
    assert "已允许" in said
    assert "轮换" in said


def test_forgetting_is_told_in_chinese(used: Path, tmp_path: Path) -> None:
    folder = copy(used, tmp_path / "shop")
    place = ("-p", str(folder))
    assert "还没有遗忘过" in told("forget", "--list", *place)
    run("react", asked(folder), "correction", "stock", "--author", "ann", *place)
    said = told("forget", "--author", "ann", "--author", "nobody", "--dry-run", *place)
    assert "将去掉" in said
    assert "没有名为 'nobody' 的作者" in said
    file = next((folder / "data").glob("*.jsonl")).name
    assert "回执" in told("forget", "--source", f"data/{file}", *place)
    assert "条记录" in told("forget", "--list", *place)
    assert "没有未完成" in told("forget", "--resume", *place)


def test_upkeep_is_told_in_chinese(used: Path, tmp_path: Path) -> None:
    place = ("-p", str(used))
    archive = str(tmp_path / "shop.tar.gz")
    assert "个内容树" in told("backup", archive, *place)
    assert "请把 data, articles 复制到那里" in told("restore", archive, str(tmp_path / "again"))
    assert "已清除" in told("gc", *place)
    assert "已是最新" in told("upgrade", *place)
    assert "已写入" in told("report", "--out", str(tmp_path / "report.html"), *place)
    assert "<html lang=zh" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_release_and_drift_are_told_in_chinese(used: Path, tmp_path: Path) -> None:
    folder = copy(used, tmp_path / "shop")
    place = ("-p", str(folder))
    with opened(folder) as project:
        first = project.ring.ledger.ref_history("champion")[-1]
        model = json.loads(first.body)["model"].partition(":")[2][:12]
    assert "开始：影子" in told("release", model, "--stage", "shadow", *place)
    assert "已结束" in told("release", "--stop", *place)
    assert "参照" in told("drift", *place)


def test_looking_at_text_is_told_in_chinese(used: Path, tmp_path: Path) -> None:
    place = ("-p", str(used))
    shown = told("data", "show", "--limit", "3", *place, texts=r"data/.*")
    assert "训练" in shown
    row = shown.split()[0]
    traced = told("data", "trace", row, *place, texts=r"^  文本.*")
    assert traced.startswith("行")
    assert "步骤" in traced
    assert "已写入" in told("data", "report", "--out", str(tmp_path / "data.html"), *place)
    assert "<html lang=zh" in (tmp_path / "data.html").read_text(encoding="utf-8")
    assert invoke("data", "show", "--search", "qqqq", *place).stderr == "没有符合的行\n"


def test_cleaning_is_told_in_chinese(tmp_path: Path) -> None:
    texts = [TEXT, TEXT, "x", "我的包裹到哪里了，已经等了三天，还没有任何消息。", "!!! ??? ###", ""]
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    words = ("data", "clean", str(corpus), "--out", str(tmp_path / "clean"), "--workers", "1")
    said = told(*words, "--profile", "messages")
    assert "条文本中留下" in said
    assert "没有变化" in told(*words, "--profile", "messages")


def test_sources_are_told_in_chinese(untouched: Path, tmp_path: Path) -> None:
    folder = copy(untouched, tmp_path / "shop")
    (folder / "tickets.jsonl").write_text('{"text": "hello there", "label": "stock"}\n')
    recipe = folder / "chainring.toml"
    source = '\n[[data.sources]]\nname = "tickets"\nuse = "files.v1"\npath = "tickets.jsonl"\n'
    recipe.write_text(recipe.read_text() + source + 'licence = "CC0-1.0"\n')
    assert "tickets：1 行" in told("data", "fetch", "-p", str(folder))


def test_json_stays_english(used: Path) -> None:
    place = ("--json", "-p", str(used))
    assert "allowed" in run("audit", *place)
    assert json.loads(run("drift", *place))
    assert '"split"' in run("data", "show", "--limit", "1", *place)
