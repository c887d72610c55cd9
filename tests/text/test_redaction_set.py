"""The rules against made-up personal data in context: shares as they are promised."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pytest
from tests.text.entities import Case, cases

from chainring.text.redact import KINDS, Found, redact

COUNT = 8000
MIN_RECALL, MIN_PRECISION = 0.98, 0.95
MIN_RECALL_OF_A_KIND = 0.95
EDGE = 1  # characters by which a finding may be wider than what was put there


@lru_cache(maxsize=1)
def answered() -> tuple[tuple[Case, tuple[Found, ...]], ...]:
    return tuple((case, redact(case.text, kinds=KINDS).found) for case in cases(COUNT))


def covered(case: Case, found: tuple[Found, ...], span: tuple[str, int, int]) -> bool:
    _, start, end = span
    return any(one.start <= start and end <= one.end for one in found)


def meant(case: Case, one: Found) -> bool:
    return any(
        one.start < end and start < one.end and start - EDGE <= one.start and one.end <= end + EDGE
        for _, start, end in case.spans
    )


def test_the_set_is_the_same_everywhere_and_large_enough() -> None:
    assert list(cases(50)) == list(cases(50))
    entities = [span for case in cases(COUNT) for span in case.spans]
    assert len(entities) >= 5000
    assert {kind for kind, _, _ in entities} == set(KINDS)
    assert sum(not case.spans for case in cases(COUNT)) >= 1500
    for case in cases(200):
        assert all(0 <= start < end <= len(case.text) for _, start, end in case.spans)


def test_nearly_all_personal_data_is_found() -> None:
    total, hit = Counter[str](), Counter[str]()
    for case, found in answered():
        for span in case.spans:
            total[span[0]] += 1
            hit[span[0]] += covered(case, found, span)
    assert sum(hit.values()) / sum(total.values()) >= MIN_RECALL
    assert {k: hit[k] / total[k] for k in total if hit[k] / total[k] < MIN_RECALL_OF_A_KIND} == {}


def test_nearly_all_findings_are_personal_data() -> None:
    findings = [(case, one) for case, found in answered() for one in found]
    assert sum(meant(case, one) for case, one in findings) / len(findings) >= MIN_PRECISION


def test_a_finding_says_the_right_kind() -> None:
    kinds = Counter(
        (case.kind, one.kind) for case, found in answered() for one in found if meant(case, one)
    )
    right = sum(count for (said, is_), count in kinds.items() if said == is_)
    assert right / sum(kinds.values()) >= MIN_PRECISION


@pytest.mark.parametrize("rules", ["redact.v1", "redact.v2"])
def test_the_set_redacted_twice_is_the_set_redacted_once(rules: str) -> None:
    for case in cases(1500, seed=7):
        once = redact(case.text, kinds=KINDS, rules=rules).text
        assert redact(once, kinds=KINDS, rules=rules).text == once
