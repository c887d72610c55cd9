from __future__ import annotations

import pytest

from chainring.contracts.errors import InputError
from chainring.data.faults import SHOWN_PER_FILE, Faults


def test_all_faults_of_all_files_are_said_at_once() -> None:
    faults = Faults()
    faults.add("a.csv", "holds no row")
    faults.add("b.csv", "no JSON", at="line 3")
    with pytest.raises(InputError) as caught:
        faults.raise_all()
    assert caught.value.faults == ("a.csv: holds no row", "b.csv: line 3: no JSON")
    assert "2 faults in 2 file(s)" in str(caught.value)


def test_one_cause_is_said_once_with_its_places() -> None:
    faults = Faults()
    faults.add("a.csv", "holds no row")
    for number in range(700):
        faults.add("a.csv", "broken", at=f"line {number}")
    faults.add("a.csv", "no JSON", at="line 900")
    shown = ", ".join(f"line {number}" for number in range(10))
    assert faults.said() == [
        "a.csv: holds no row",
        f"a.csv: {shown} and 690 more: broken",
        "a.csv: line 900: no JSON",
    ]
    with pytest.raises(InputError, match=r": 3 faults in 1 file\(s\)"):
        faults.raise_all()


def test_a_file_with_a_million_faults_does_not_drown_the_others() -> None:
    faults = Faults()
    for number in range(1_000):
        faults.add("a.csv", f"no JSON ({number})", at=f"line {number}")
    faults.add("b.csv", "holds no row")
    assert len(faults.said()) == SHOWN_PER_FILE + 2
    assert faults.said()[-2:] == ["a.csv: and 980 more faults", "b.csv: holds no row"]
    assert faults.of("a.csv") == 1_000


def test_without_a_fault_nothing_is_raised() -> None:
    Faults().raise_all()
