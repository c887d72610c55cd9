"""Rules of access: what is decided, held against an oracle; and every fault of them at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.access import ACTIONS, FACTS, RING, Facts, Rule, Who, decide
from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import RecipeError
from chainring.contracts.guard import Guard
from chainring.contracts.source import Policy
from chainring.ring.recipe import Recipe, parse_recipe
from chainring.trust.guard import guard
from chainring.trust.rules import AccessSettings, RuleSettings

OWNER = Who(role="owner", name="ann")
VALUES = ("clinic/notes.jsonl", "CC0", "care only", "zh", "refund", "train", "仅用于诊疗")
PURPOSES = ("service", "review")
WHO = ("owner", "operate", "ask", "ann", "网店", "*", "o*")


def rule(number: int = 1, *, allow: bool = False, **told: Any) -> Rule:
    return RuleSettings.model_validate({"allow": allow, **told}).rule(number)


@pytest.mark.parametrize("action", ACTIONS)
def test_without_rules_the_owner_may_do_everything(action: str) -> None:
    assert decide([], OWNER, action, "service", Facts()).allowed
    assert decide([], RING, action, "service", Facts()).allowed


@pytest.mark.parametrize("action", ACTIONS)
def test_without_rules_an_operator_reads_and_an_asker_does_nothing(action: str) -> None:
    assert decide([], Who(role="operate"), action, "any", Facts()).allowed is (action == "read")
    assert not decide([], Who(role="ask"), action, "any", Facts()).allowed


def test_the_first_rule_that_fits_decides_and_is_named() -> None:
    rules = [
        rule(1, allow=True, action="read", where={"consent": "care*", "language": "zh"}),
        rule(2, action="read", where={"consent": ["care only", "none"]}),
    ]
    zh = Facts(consent="Care Only", language="zh")
    en = Facts(consent="care only", language="en")
    assert decide(rules, OWNER, "read", "x", zh).because == "rule 1"
    refused = decide(rules, OWNER, "read", "x", en)
    assert (refused.allowed, refused.because) == (False, "rule 2")
    assert decide(rules, OWNER, "read", "x", Facts(consent="owner", language="en")).allowed
    assert decide(rules, OWNER, "train", "x", en).allowed


@pytest.mark.parametrize(
    ("pattern", "consent"),
    [
        ("care only", "care only "),
        ("仅用于诊疗（内部）", "仅用于诊疗(内部)"),
        ("care*", "ｃａｒｅ　only"),
    ],
)
def test_space_and_width_are_no_way_round_a_rule(pattern: str, consent: str) -> None:
    denies = rule(where={"consent": pattern})
    assert not decide([denies], OWNER, "read", "x", Facts(consent=consent)).allowed


@pytest.mark.parametrize("sign", ["？", "＊", "［ab］"])
def test_a_full_width_sign_in_a_pattern_stands_for_itself(sign: str) -> None:
    allows = rule(1, allow=True, where={"label": f"退款{sign}"})
    rules = [allows, rule(2)]
    assert decide(rules, OWNER, "read", "x", Facts(label=f"退款{sign}")).allowed
    assert not decide(rules, OWNER, "read", "x", Facts(label="退款a")).allowed


SEVERAL = ("flu|hiv", '[[0,4,"flu"],[5,9,"hiv"]]')


@pytest.mark.parametrize("label", [*SEVERAL, "hiv", "HIV "])
def test_of_several_labels_one_is_enough_to_be_denied(label: str) -> None:
    assert not decide(
        [rule(where={"label": "hiv"})], OWNER, "read", "x", Facts(label=label)
    ).allowed
    assert decide([rule(where={"label": "h"})], OWNER, "read", "x", Facts(label=label)).allowed


@pytest.mark.parametrize("label", SEVERAL)
def test_of_several_labels_each_must_be_allowed(label: str) -> None:
    for patterns, allowed in [(["flu"], False), (["flu*"], False), (["flu", "h?v"], True)]:
        rules = [rule(1, allow=True, where={"label": patterns}), rule(2)]
        assert decide(rules, OWNER, "read", "x", Facts(label=label)).allowed is allowed


@pytest.mark.parametrize("label", ["a|b", "[[vip", "", "|"])
def test_a_label_of_signs_is_named_as_it_is_written(label: str) -> None:
    rules = [rule(1, allow=True, where={"label": label or "none"}), rule(2)]
    assert decide(rules, OWNER, "read", "x", Facts(label=label)).allowed is bool(label)


@pytest.mark.parametrize("licence", ["MIT|Apache-2.0", "Apache-2.0|MIT", "mit | apache-2.0"])
@pytest.mark.parametrize("pattern", ["MIT|Apache-2.0", "apache*|mit"])
def test_a_pattern_of_several_licences_fits_them_in_any_order(licence: str, pattern: str) -> None:
    where = {"licence": [pattern]}
    for named, denied in [(licence, True), (f"CC0|{licence}", True), ("MIT", False)]:
        known = Facts(licence=named)
        assert decide([rule(where=where)], OWNER, "read", "x", known).allowed is not denied
    for patterns, named, allowed in [
        ([pattern], licence, True),
        ([pattern], f"CC0|{licence}", False),
        ([pattern, "cc0"], f"CC0|{licence}", True),
        ([pattern], "MIT", False),
        (["MIT"], licence, False),
    ]:
        rules = [rule(1, allow=True, where={"licence": patterns}), rule(2)]
        assert decide(rules, OWNER, "read", "x", Facts(licence=named)).allowed is allowed


def test_a_pattern_of_any_and_one_more_fits_no_single_licence() -> None:
    rules = [rule(1, allow=True, where={"licence": "*|MIT"}), rule(2)]
    assert not decide(rules, OWNER, "read", "x", Facts(licence="MIT")).allowed
    assert decide(rules, OWNER, "read", "x", Facts(licence="CC0|MIT")).allowed


def test_a_rule_holds_for_its_purpose_and_its_callers_only() -> None:
    rules = [rule(who=["操作员*", "operate"], purpose="market*")]
    for who, purpose, allowed in [
        (Who(role="operate", name="bo"), "marketing", False),
        (Who(role="operate", name="bo"), "review", True),
        (Who(role="owner", name="操作员甲"), "marketing", False),
        (OWNER, "marketing", True),
    ]:
        assert decide(rules, who, "read", purpose, Facts()).allowed is allowed


def test_a_key_cannot_take_a_role_by_its_name() -> None:
    rules = [rule(1, allow=True, who="owner", action="export"), rule(2, action="export")]
    for name in ("owner", "Owner", "ＯＷＮＥＲ", " owner", "own\u200ber"):
        assert not decide(rules, Who(role="operate", name=name), "export", "x", Facts()).allowed
    assert decide(rules, Who(role="owner", name="operate"), "export", "x", Facts()).allowed


def test_what_is_not_known_counts_against_the_caller() -> None:
    unknown = Facts(source="a", consent=None)
    assert not decide([rule(where={"consent": "none"})], OWNER, "read", "x", unknown).allowed
    first = rule(1, allow=True, where={"consent": "training"})
    assert not decide([first, rule(2)], OWNER, "read", "x", unknown).allowed
    assert decide([rule(where={"source": "b"})], OWNER, "read", "x", unknown).allowed


def test_no_rule_whatever_shows_a_text_to_an_asker() -> None:
    everything = Rule(number=1, allow=True)
    for action in ACTIONS:
        assert not decide([everything], Who(role="ask", name="shop"), action, "x", Facts()).allowed


patterns = st.lists(st.sampled_from([*VALUES, "*", "c*", "?h", "CC*"]), min_size=1, max_size=2)
rules_of = st.lists(
    st.builds(
        Rule,
        number=st.integers(1, 9),
        allow=st.booleans(),
        who=st.lists(st.sampled_from(WHO), min_size=1, max_size=2).map(tuple),
        actions=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3).map(tuple),
        purposes=st.sampled_from([("*",), ("service",), ("re*",)]),
        where=st.dictionaries(st.sampled_from(FACTS), patterns.map(tuple), max_size=3),
    ),
    max_size=5,
)
facts_of = st.builds(Facts, **{name: st.none() | st.sampled_from(VALUES) for name in FACTS})
callers = st.builds(
    Who, role=st.sampled_from(["owner", "operate", "ask", "stranger"]), name=st.sampled_from(WHO)
)


def oracle(rules: list[Rule], who: Who, action: str, purpose: str, facts: Facts) -> bool:
    """Decide by regular expressions and another order of the questions."""

    def fits(pattern: str, value: str) -> bool:
        regex = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern)
        return re.fullmatch(regex, value, re.IGNORECASE | re.DOTALL) is not None

    if who.role not in ("owner", "operate"):
        return False
    called = {who.role} | ({who.name} - {"owner", "operate", "ask", ""})
    for one in rules:
        if action not in one.actions or not any(fits(p, purpose) for p in one.purposes):
            continue
        if not any(fits(p, name) for p in one.who for name in called):
            continue
        known = {name: getattr(facts, name) for name in one.where}
        holds = True
        for name, value in known.items():
            if value is None:
                holds &= not one.allow or "*" in one.where[name]
            else:
                holds &= any(fits(p, value) for p in one.where[name])
        if holds:
            return one.allow
    return who.role == "owner" or action == "read"


@given(
    rules_of, callers, st.sampled_from(ACTIONS), st.sampled_from(["service", "review"]), facts_of
)
def test_every_decision_is_that_of_the_oracle(
    rules: list[Rule], who: Who, action: str, purpose: str, facts: Facts
) -> None:
    assert decide(rules, who, action, purpose, facts).allowed is oracle(
        rules, who, action, purpose, facts
    )


@given(rules_of)
def test_rules_survive_lineage(rules: list[Rule]) -> None:
    made = guard(Policy(rules=tuple(rules), purpose="care"))
    assert decode(Guard, encode(made)) == made
    assert made.rules == tuple(rules)


def recipe(*rules: dict[str, Any], **more: Any) -> Recipe:
    return parse_recipe({"project": {"name": "shop"}, "access": {"rules": list(rules), **more}})


def faults(*rules: dict[str, Any], **more: Any) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        recipe(*rules, **more)
    return list(caught.value.faults)


def test_a_rule_of_a_recipe_reads_as_it_is_written() -> None:
    made = recipe(
        {"action": ["train", "evaluate"], "where": {"consent": "care only"}, "allow": False},
        {"who": "ann", "action": "read", "purpose": "审核", "allow": True},
        purpose="care",
    ).access
    assert made.of_the_ring() == (
        Rule(number=1, allow=False, actions=("train", "evaluate"),
             where={"consent": ("care only",)}),
    )  # fmt: skip
    assert [one.number for one in made.all_rules()] == [1, 2]
    assert made.all_rules()[1].purposes == ("审核",)


def test_every_fault_of_every_rule_is_told_at_once_with_the_nearest_name() -> None:
    found = faults(
        {"action": "trian", "allow": False},
        {"wher": {}, "allow": "perhaps"},
        {"where": {"langauge": "zh"}},
        {"where": {"split": "tran"}, "allow": False},
        {"who": "operater", "action": "read", "allow": True},
    )
    said = "\n".join(found)
    for expected in (
        "access.rules[1].action",
        "did you mean 'train'?",
        "access.rules[2].wher: unknown key; did you mean 'where'?",
        "access.rules[2].allow",
        "access.rules[3].where.langauge: unknown key; did you mean 'language'?",
        "access.rules[3].allow: missing",
        "access.rules[4]: where.split: 'tran' is no split; did you mean 'train'?",
        "access.rules[5]: who: 'operater' is near a role and is none; did you mean 'operate'?",
    ):
        assert expected in said, said


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({"who": "ask", "action": "read", "allow": True}, "never sees texts"),
        ({"who": "ann", "action": "train", "allow": False}, "whoever starts it"),
        ({"who": "operate", "action": ["read", "evaluate"], "allow": False}, "whoever starts it"),
        ({"action": "train", "where": {"split": "test"}, "allow": False}, "train reaches"),
        ({"action": "evaluate", "where": {"split": "train"}, "allow": False}, "evaluate reaches"),
    ],
)
def test_a_rule_that_can_never_fit_is_a_fault(rule: dict[str, Any], word: str) -> None:
    (fault,) = faults(rule)
    assert word in fault


def test_a_rule_behind_one_that_decides_everything_is_a_fault() -> None:
    (fault,) = faults({"action": "*", "allow": True}, {"action": "read", "allow": False})
    assert "rule 2 is never reached: rule 1 decides before it" in fault
    assert recipe({"action": "read", "allow": True}, {"allow": False}).access.rules


def test_what_is_no_list_of_rules_is_told() -> None:
    with pytest.raises(RecipeError, match=r"access.rules: 'none' found"):
        parse_recipe({"project": {"name": "shop"}, "access": {"rules": "none"}})
    assert AccessSettings().of_the_ring() == ()
