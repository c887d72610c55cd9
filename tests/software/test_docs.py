"""What the documentation says of the project is so: commands, links, twins, generated pages."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chainring.software.surfaces import SURFACES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "recipes").rglob("*.md")]
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
TRANSLATED = (
    "docs/tutorial.md", "docs/how-to/*.md", "docs/concept/*.md", "docs/reference/*.md", "README.md"
)  # fmt: skip
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`(chainring [^`]+)`(?!`)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SHELL = ("", "sh", "console", "bash")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["commands"] = cache(module.commands)  # a second's work, asked for every page
    return module


def shown(text: str) -> Iterator[list[str]]:
    """Yield the words of every command `chainring ...`, shown in a block or in a sentence."""
    for _, language, body in FENCE.findall(text):
        if language in SHELL:
            for line in body.replace("\\\n", " ").splitlines():
                if language != "console" or line.lstrip().startswith("$ "):
                    yield from _commands(line.strip().removeprefix("$ "))
    for found in INLINE.findall(FENCE.sub("", text)):
        yield from _commands(found)


def _commands(line: str) -> Iterator[list[str]]:
    """Yield the commands of one line of a shell, without its pipes, jobs and variables."""
    if "chainring " not in line:
        return
    words: list[str] = []
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    for word in (*lexer, ";"):
        if word[0] not in ";&|<>()":
            words += [word] if words or not re.match(r"\w+=", word) else []
            continue
        if words and words[0].rpartition("/")[2] == "chainring":
            yield words
        words = []


def fault(words: Sequence[str], commands: dict[str, Any]) -> str | None:
    """Return what is wrong with a command, or None."""
    name, *rest = words[1:]
    if name in ("-p", "--project") and len(rest) > 1:  # may stand before the verb
        name, *rest = rest[1:]
    if name in ("--help", "VERB", "动词"):
        return None
    if rest and f"{name} {rest[0]}" in commands:
        name, rest = f"{name} {rest[0]}", rest[1:]
    if name not in commands:
        return f"no command {name!r}"
    known = {name for option in commands[name].params for name in option.opts} | {"--help"}
    given = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    unknown = [option for option in given if option not in known]
    return f"{name} has no option {', '.join(unknown)}" if unknown else None


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    bare = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head).strip().lower() for head in heads]
    return {re.sub(r"[^\w\- ]", "", head).replace(" ", "-") for head in bare}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_line_shown_names_an_existing_command_and_existing_options(
    page: Path, reference: ModuleType
) -> None:
    commands = reference.commands()
    lines = list(shown(page.read_text(encoding="utf-8")))
    wrong = {" ".join(words): said for words in lines if (said := fault(words, commands))}
    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_relative_link_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        is_there = target.exists() and (not anchor or anchor in anchors(target))
        broken += [] if is_there else [link]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    found = re.findall(r"(?<![\w.])/(?:work|root|home|Users|tmp)/\S*", page.read_text("utf-8"))
    assert not found


@pytest.mark.parametrize(
    ("name", "end"), [("command-line.md", ""), ("command-line.zh-CN.md", " zh")]
)
def test_every_verb_has_a_section_in_the_reference_of_the_command_line(
    name: str, end: str, reference: ModuleType
) -> None:
    page = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
    heading = rf"^## ([\w ]+)\n\n<!-- generated: command ([\w ]+?){end} -->"
    sections = re.findall(heading, page, re.MULTILINE)
    assert [verb for verb, _ in sections] == [verb for _, verb in sections]
    assert {verb for verb, _ in sections} == {one.command for one in SURFACES}
    assert {verb for verb, _ in sections} == set(reference.commands())


@pytest.mark.parametrize("page", sorted((ROOT / "docs/reference").glob("*.md")), ids=str)
def test_what_the_reference_says_of_the_code_is_up_to_date(
    page: Path, reference: ModuleType
) -> None:
    pytest.importorskip("fastapi", reason="the routes are read from the server: chainring[serve]")
    text = page.read_text(encoding="utf-8")
    assert reference.rendered(text) == text, "run `python scripts/reference.py`"


def test_every_key_of_the_recipe_stands_in_its_reference_in_both_languages() -> None:
    from chainring.ring.recipe import Recipe

    for name in ("recipe.md", "recipe.zh-CN.md"):
        page = (ROOT / "docs/reference" / name).read_text(encoding="utf-8")
        for section, field in Recipe.model_fields.items():
            kind: Any = field.annotation
            assert f"## `[{section}]`" in page
            for key in kind.model_fields:
                assert f"| `{key}` |" in page or f"## `[{section}.{key}]`" in page, (section, key)


@pytest.mark.parametrize("end", ["", ".zh-CN"])
def test_the_page_of_files_names_what_is_read_and_what_is_kept(end: str) -> None:
    from chainring.data.read import endings
    from chainring.software import project
    from chainring.software.serving import serve as serving
    from chainring.software.verbs import receipts

    page = (ROOT / f"docs/reference/files{end}.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`\.[^|]+) \|", page, re.MULTILINE)
    assert set(re.findall(r"`(\.\w+)`", " ".join(cells))) == set(endings())
    assert {"`.gz`", "`.zst`"} <= set(re.findall(r"`\.\w+`", page))
    for name in (project.HARVESTS, receipts.FOLDER, serving.LIMITS_FILE):
        assert re.search(rf"^    {name}(?:/\S*)? ", page, re.MULTILINE), name


@pytest.mark.parametrize("end", ["", ".zh-CN"])
def test_every_kind_of_part_stands_in_the_page_about_parts(end: str) -> None:
    from chainring.contracts.parts import KINDS

    page = (ROOT / f"docs/how-to/write-a-part{end}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(KINDS)


@pytest.mark.parametrize("end", ["", ".zh-CN"])
def test_the_readme_leads_to_every_page_that_helps_or_explains(end: str) -> None:
    links = LINK.findall((ROOT / f"README{end}.md").read_text(encoding="utf-8"))
    pages = [
        str(page.relative_to(ROOT))
        for folder in ("how-to", "concept")
        for page in (ROOT / "docs" / folder).glob("*.md")
        if page.name.endswith(".zh-CN.md") == bool(end)
    ]
    assert not set(pages) - set(links)


def test_a_changed_default_makes_the_reference_out_of_date(
    reference: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chainring.ring.gate.settings import GateSettings

    text = (ROOT / "docs/reference/recipe.md").read_text(encoding="utf-8")
    monkeypatch.setattr(GateSettings.model_fields["alpha"], "default", 0.5)
    assert reference.rendered(text) != text


def test_every_sentence_of_the_code_has_its_chinese_and_no_other_stands_there(
    reference: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fastapi", reason="the routes are read from the server: chainring[serve]")
    asked: set[str] = set()

    class Noted(dict[str, str]):
        def __getitem__(self, sentence: str) -> str:
            asked.add(sentence)
            return self.get(sentence, sentence)

    tables = importlib.import_module("reference_recipe")
    every = Noted(tables.chinese())
    monkeypatch.setattr(tables, "chinese", lambda: every)
    for name, block in reference.BLOCKS.items():
        for command in reference.commands() if name == "command" else ("",):
            list(block("zh", *command.split()))
    _, help_of = tables.HELP  # it also has groups of commands: see test_help_words.py
    asked |= json.loads(
        (ROOT / "src/chainring/software/commands" / help_of).read_text("utf-8")
    ).keys()
    assert asked == set(every)


def test_a_sentence_without_chinese_is_told(
    reference: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = {**reference.commands(), "turn": copy(reference.commands()["turn"])}
    commands["turn"].help = "Do nothing at all."
    monkeypatch.setattr(reference, "commands", lambda: commands)
    page = (ROOT / "docs/reference/command-line.zh-CN.md").read_text(encoding="utf-8")
    with pytest.raises(KeyError, match="no Chinese for 'Do nothing at all"):
        reference.rendered(page)


def test_what_stands_for_chinese_is_chinese(reference: ModuleType) -> None:
    pytest.importorskip("fastapi", reason="the routes are read from the server: chainring[serve]")
    from chainring.deployment.http.wordings import WORDINGS

    sentences = list(importlib.import_module("reference_recipe").chinese().values())
    sentences += [said for words in WORDINGS.values() for said in (words.zh, words.zh_next)]
    assert not [said for said in sentences if not re.search(r"[\u4e00-\u9fff]", said)]


@pytest.mark.parametrize("pattern", TRANSLATED)
def test_every_page_for_users_has_a_chinese_twin_with_as_many_sections(pattern: str) -> None:
    english = [page for page in ROOT.glob(pattern) if not page.name.endswith(".zh-CN.md")]
    assert english
    for page in english:
        twin = page.with_name(page.name.replace(".md", ".zh-CN.md"))
        assert twin.is_file(), f"{page.name} has no Chinese twin"
        assert _shape(page) == _shape(twin), f"{twin.name} is no mirror of {page.name}"
    orphans = {page.name for page in ROOT.glob(pattern.replace(".md", ".zh-CN.md"))}
    assert orphans == {page.name.replace(".md", ".zh-CN.md") for page in english}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name.endswith(".zh-CN.md")], ids=str
)
def test_a_chinese_page_leads_to_chinese_pages(page: Path) -> None:
    own = page.name.replace(".zh-CN.md", ".md")
    paths = {link.partition("#")[0] for link in LINK.findall(page.read_text(encoding="utf-8"))}
    english = [path for path in paths if path.endswith(".md") and not path.endswith(".zh-CN.md")]
    twins = [path for path in english if (page.parent / path.replace(".md", ".zh-CN.md")).is_file()]
    assert [path for path in twins if path != own] == []


def _shape(page: Path) -> tuple[list[str], int]:
    text = page.read_text(encoding="utf-8")
    heads = re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE)
    return heads, len(FENCE.findall(text))


def test_a_command_line_that_is_not_there_is_found(reference: ModuleType) -> None:
    block = "```sh\ncd shop && chainring trun\nchainring turn --fast 'a; b'\n```\n"
    commands = reference.commands()
    assert [
        fault(words, commands) is None for words in shown(block + "and `chainring why ID`")
    ] == [False, False, True]
