"""Which rows the rules of access let into a data set: none that a rule forbids."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.access import RING, Facts, Rule, decide, row_facts
from chainring.contracts.errors import InputError
from chainring.data.permitted import _TEACH

THINGS = "coat shoes lamp skirt kettle towel boots belt gloves blanket pillow mirror".split()
ZH = "外套 鞋子 台灯 裙子 水壶 毛巾 靴子 皮带 手套 毯子 枕头 镜子".split()
CONSENTS, LICENCES = ("training", "care only", "none"), ("CC0", "仅供内部")


def rows() -> list[dict[str, object]]:
    texts = [
        *((f"where on earth is the {thing} that I ordered", "track", "en") for thing in THINGS),
        *((f"我买的{thing}到底什么时候才能送到我家", "track", "zh") for thing in ZH),
        *((f"please take back this {thing}, it is too small", "return", "en") for thing in THINGS),
        *((f"这个{thing}不合适，我想办理退货退款", "return", "zh") for thing in ZH),
    ]  # fmt: skip
    return [
        {"text": text, "label": label, "language": language, "consent": CONSENTS[n % 3],
         "licence": LICENCES[n % 2]}
        for n, (text, label, language) in enumerate(texts)
    ]  # fmt: skip


def deny(*actions: str, number: int = 1, **where: str) -> Rule:
    told = {name: (pattern,) for name, pattern in where.items()}
    return Rule(number=number, allow=False, actions=actions, where=told)  # type: ignore[arg-type]


def test_rows_that_may_not_teach_or_judge_are_dropped_with_the_rule(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", rows())
    workshop.guard = replace(
        workshop.guard, rules=(deny("train", "evaluate", number=3, consent="care only"),)
    )
    made = workshop.dataset()
    found = workshop.rows(made)
    assert made.counts["access: rule 3"] == 16
    assert {row.consent for row in found} == {"training", "none"}
    dropped = [one for one in workshop.dropped(made.address) if one["reason"] == "access: rule 3"]
    assert len(dropped) == 16
    assert all(set(one) == {"reason", "record", "source", "locator"} for one in dropped)


def test_a_row_may_judge_that_may_not_teach(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", rows())
    workshop.guard = replace(workshop.guard, rules=(deny("train", consent="care only"),))
    found = workshop.rows(workshop.dataset())
    assert {row.consent for row in found if row.split in _TEACH} == {"training", "none"}
    assert "care only" in {row.consent for row in found if row.split == "test"}


def test_rules_of_other_acts_change_no_data_set(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", rows())
    before = workshop.dataset()
    workshop.guard = replace(workshop.guard, rules=(deny("read", "export"),))
    assert workshop.dataset() == before


def test_a_forbidden_twin_does_not_take_the_place_of_an_allowed_row(workshop: Any) -> None:
    """The same sentence stands in two sources: the allowed one stays, and names itself alone."""
    both = rows()
    workshop.write_rows("a.jsonl", [{**row, "consent": "care only"} for row in both])
    workshop.write_rows("b.jsonl", [{**row, "consent": "training"} for row in both])
    workshop.guard = replace(workshop.guard, rules=(deny("train", "evaluate", source="*a.jsonl"),))
    found = workshop.rows(workshop.dataset())
    assert len(found) == len(both)
    assert {row.source for row in found} == {"data/b.jsonl"}
    assert all(len(row.records) == 1 for row in found)


def test_a_rule_of_one_split_leaves_the_merged_rows_that_it_allows(workshop: Any) -> None:
    both = rows()
    workshop.write_rows("a.jsonl", [{**row, "consent": "care only"} for row in both])
    workshop.write_rows("b.jsonl", [{**row, "consent": "training"} for row in both])
    rule = deny("train", source="*a.jsonl", split="train")
    workshop.guard = replace(workshop.guard, rules=(rule,))
    found = workshop.rows(workshop.dataset())
    train = [row for row in found if row.split == "train"]
    assert train
    assert {(row.source, len(row.records)) for row in train} == {("data/b.jsonl", 1)}
    assert {len(row.records) for row in found if row.split == "test"} == {2}


@pytest.mark.parametrize("names", [("a.jsonl", "b.jsonl"), ("b.jsonl", "a.jsonl")])
def test_a_text_from_two_sources_has_both_licences_whichever_is_read_first(
    workshop: Any, names: tuple[str, str]
) -> None:
    for name, licence in zip(names, ("CC0", "CC-BY-NC-4.0"), strict=True):
        workshop.write_rows(name, [{**row, "licence": licence} for row in rows()])
    data = workshop.dataset()
    found = workshop.rows(data)
    assert {row.licence for row in found} == {"CC-BY-NC-4.0|CC0"}
    assert data.licences == ("CC-BY-NC-4.0", "CC0")
    barred = deny("read", licence="cc-by-nc*")
    allowed = replace(deny("read", licence="CC0"), allow=True)
    for row in found:
        assert not decide([barred], RING, "read", "explanation", row_facts(row)).allowed
        assert not allowed.holds_for(row_facts(row))
    workshop.guard = replace(workshop.guard, rules=(deny("train", "evaluate", licence="*-NC-*"),))
    assert {row.licence for row in workshop.rows(workshop.dataset())} == {"CC0"}


def test_rules_that_leave_nothing_say_so_with_their_number(workshop: Any) -> None:
    workshop.write_rows("a.jsonl", rows())
    workshop.guard = replace(workshop.guard, rules=(deny("train", "evaluate", number=2),))
    with pytest.raises(InputError, match="48 x access: rule 2"):
        workshop.dataset()


rule_sets = st.lists(
    st.builds(
        lambda allow, actions, where: {"allow": allow, "actions": tuple(actions), "where": where},
        st.booleans(),
        st.lists(st.sampled_from(["train", "evaluate"]), min_size=1, unique=True),
        st.fixed_dictionaries(
            {},
            optional={
                "consent": st.lists(st.sampled_from([*CONSENTS, "*o*"]), min_size=1).map(tuple),
                "licence": st.sampled_from(LICENCES).map(lambda one: (one,)),
                "language": st.sampled_from([("en",), ("zh",)]),
                "label": st.sampled_from([("track",), ("return",)]),
                "split": st.sampled_from([("train",), ("test",), ("validation", "unlabelled")]),
                "source": st.sampled_from([("data/a*",), ("*b.jsonl",)]),
            },
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40)
@given(rule_sets)
def test_for_any_rules_no_forbidden_row_teaches_or_judges_and_none_is_unaccounted_for(
    new_workshop: Any, told: list[dict[str, Any]]
) -> None:
    rules = tuple(Rule(number=number, **one) for number, one in enumerate(told, 1))
    with tempfile.TemporaryDirectory() as folder:
        workshop = new_workshop(Path(folder))
        given_rows = rows()
        workshop.write_rows("a.jsonl", given_rows[::2])
        workshop.write_rows("b.jsonl", [*given_rows[1::2], {"text": "这是什么", "label": ""}])
        workshop.guard = replace(workshop.guard, rules=rules)
        try:
            made = workshop.dataset()
        except InputError:
            return  # the rules left too little to train on, and it was said
        found = workshop.rows(made)
        for row in found:
            facts = Facts(source=row.source, licence=row.licence, consent=row.consent,
                          language=row.language, label=row.label, split=row.split)  # fmt: skip
            action = "train" if row.split in ("train", "validation", "unlabelled") else "evaluate"
            assert decide(rules, RING, action, "service", facts).allowed
        kept = sum(len(row.records) for row in found)
        near = sum(n for reason, n in made.counts.items() if reason != "exact duplicate")
        assert kept + near == len(given_rows) + 1
