from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import pkgutil
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chainring.contracts
from chainring.contracts.codec import VOLATILE, decode, digest, encode, identity
from chainring.contracts.dataset import Dataset
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.forms import Form, Parity
from chainring.contracts.label import Label
from chainring.contracts.model import Model, Rival
from chainring.contracts.source import Machine
from chainring.contracts.table import Table
from chainring.contracts.verdict import Verdict
from chainring.contracts.work import Work


def nouns() -> list[type[Any]]:
    """Return every dataclass of contracts but Work and the examples of checks: they hold hands."""
    found = set()
    for module in pkgutil.iter_modules(chainring.contracts.__path__):
        members = vars(importlib.import_module(f"chainring.contracts.{module.name}"))
        found |= {
            member
            for member in members.values()
            if isinstance(member, type)
            and dataclasses.is_dataclass(member)
            and member.__module__.startswith("chainring.contracts")
        }
    found = {kind for kind in found if not kind.__module__.endswith("checks")}
    return sorted(found - {Work}, key=lambda kind: kind.__name__)


NOUNS = nouns()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    type(None): st.none(),
}


def any_of(hint: Any) -> st.SearchStrategy[Any]:
    """Return values of a type hint, made without the code under test."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([any_of(option) for option in arguments])
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*map(any_of, arguments))
    if origin is tuple:
        return st.lists(any_of(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(TEXT, any_of(arguments[1]), max_size=2)
    if dataclasses.is_dataclass(hint):
        return any_noun(typing.cast(type[Any], hint))
    return SCALARS[hint]


def any_noun(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{f.name: any_of(hints[f.name]) for f in dataclasses.fields(kind)})


def test_the_nouns_of_the_design_are_among_those_tried() -> None:
    named = {kind.__name__ for kind in NOUNS}
    assert named >= {
        "Record",
        "Label",
        "Dataset",
        "Row",
        "Model",
        "Forms",
        "Evaluation",
        "Outcome",
        "Verdict",
        "Deployment",
        "Request",
        "Prediction",
        "Reaction",
        "Feedback",
        "Case",
        "Placement",
        "Guard",
        "Lineage",
        "Source",
        "Machine",
        "Policy",
        "Table",
    }


def test_a_noun_says_which_application_it_belongs_to_but_those_of_the_whole_house() -> None:
    of_an_application = {
        "Record", "Label", "Dataset", "Model", "Forms", "Evaluation", "Verdict", "Deployment",
        "Request", "Prediction", "Feedback", "Case", "Lineage", "Source",
    }  # fmt: skip
    says = {kind.__name__ for kind in NOUNS if "app" in kind.__dataclass_fields__}
    # A machine, its placement and the guard serve every application; a reaction comes from outside
    # and belongs where the prediction that it names belongs.
    assert of_an_application - says == set()
    assert says & {"Machine", "Placement", "Guard", "Policy", "Reaction"} == set()


@pytest.mark.parametrize("examples", [30, pytest.param(300, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
def test_a_noun_comes_back_equal(kind: type[Any], examples: int) -> None:
    @settings(max_examples=examples)
    @given(any_noun(kind))
    def comes_back(noun: Any) -> None:
        text = encode(noun)
        back = decode(kind, text)
        assert back == noun
        assert encode(back) == text
        assert decode(kind, text.encode()) == noun

    comes_back()


@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
def test_a_noun_is_frozen_slotted_and_keyword_only(kind: type[Any]) -> None:
    parameters = kind.__dataclass_params__
    assert parameters.frozen
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in dataclasses.fields(kind))


@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
def test_unknown_and_missing_keys_are_faults_all_at_once(kind: type[Any]) -> None:
    required = [
        field.name
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    with pytest.raises(InputError) as caught:
        decode(kind, '{"stray": 1, "other": 2}')
    name = kind.__name__
    assert caught.value.faults == (
        f"{name}.other: unknown key",
        f"{name}.stray: unknown key",
        *(f"{name}.{field}: missing" for field in sorted(required)),
    )


LABEL = Label(id="l", app="shop", record="r", value="退款", author="a", author_kind="user")


def test_an_absent_field_with_a_default_takes_it() -> None:
    text = '{"id":"l","app":"shop","record":"r","value":"退款","author":"a","author_kind":"user"}'
    assert decode(Label, text) == LABEL


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", '"text"', "[1, 2]", b"\xff"])
def test_what_is_no_object_of_json_is_a_fault(text: str | bytes) -> None:
    with pytest.raises(InputError):
        decode(Label, text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("labels", "ab"), ("labels", None), ("splits", []), ("languages", {"a": 1})],
)
def test_a_value_of_another_shape_is_a_fault(field: str, value: object) -> None:
    dataset = Dataset(
        app="shop",
        address="a",
        task="classification",
        labels=("x",),
        languages=("en",),
        splits={"train": 1},
        suite="s",
        training="t",
    )
    data = json.loads(encode(dataset)) | {field: value}
    with pytest.raises(InputError, match="is expected, found"):
        decode(Dataset, json.dumps(data))


def test_the_text_is_canonical_whatever_the_order_of_keys() -> None:
    one: Table[Label] = Table(address="a", rows=1, counts={"b": 1, "中": 2, "a": 3})
    two: Table[Label] = Table(rows=1, counts={"a": 3, "中": 2, "b": 1}, address="a")
    assert encode(one) == encode(two) == '{"address":"a","counts":{"a":3,"b":1,"中":2},"rows":1}'


def test_a_digest_is_the_blake2b_of_the_text_and_names_its_algorithm() -> None:
    expected = hashlib.blake2b(encode(LABEL).encode(), digest_size=16).hexdigest()
    assert digest(LABEL) == f"blake2b:{expected}"
    assert digest(b"x", size=32) == "blake2b:" + hashlib.blake2b(b"x", digest_size=32).hexdigest()


def test_what_cannot_be_compared_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        encode(Share(estimate=float("nan"), low=0, high=1, rows=0))


def form(**facts: Any) -> Form:
    parity = Parity(
        rows=1, min_cosine=1.0, max_difference=0.0, label_agreement=1.0, within=True, because=""
    )
    known: dict[str, Any] = {
        "name": "exact",
        "engine": "e",
        "address": "a",
        "bytes": 1,
        "texts_per_s": 1.0,
        "parity": parity,
        "accepted": True,
        "because": "",
    }
    return Form(**known | facts)


def test_identity_ignores_what_was_merely_measured_at_any_depth() -> None:
    machine = Machine(cores=2, memory_mib=1000)
    assert identity(machine) == identity(dataclasses.replace(machine, free_disk_mib=7))
    assert identity([{"a": (form(), form(texts_per_s=9.0))}]) == identity([{"a": (form(), form())}])
    rival = Rival(part="linear.v1", accuracy=0.9, low=0.8, high=1.0, rows=10)
    assert identity((rival,)) == identity((dataclasses.replace(rival, cpu_s=9.0),))


@pytest.mark.parametrize(
    "change", [{"address": "b"}, {"bytes": 2}, {"accepted": False}, {"because": "slow"}]
)
def test_identity_sees_what_was_made(change: dict[str, Any]) -> None:
    assert identity(form()) != identity(form(**change))


def test_identity_of_what_holds_nothing_measured_is_the_digest_of_all_of_it() -> None:
    for noun in ({"a": [1, "退货"]}, ["cpu_s"], {"said": '"cpu_s": 3'}, {"a": {"cpu": 1.0}}):
        assert identity(noun) == digest(noun, size=32)
    assert identity({"said": '"cpu_s": 3'}) != identity({"said": '"cpu_s": 4'})
    assert identity({"cpu_s": 3, "a": 1}) == digest({"a": 1}, size=32)


def test_every_measured_field_stands_on_a_noun() -> None:
    fields = {field.name for kind in NOUNS for field in dataclasses.fields(kind)}
    assert fields >= VOLATILE
    assert {"cpu_s"} <= {field.name for field in dataclasses.fields(Model)}
    assert {"texts_per_s"} <= {field.name for field in dataclasses.fields(Evaluation)}
    assert not VOLATILE & {field.name for field in dataclasses.fields(Verdict)}


def test_contracts_import_the_standard_library_only() -> None:
    import ast
    import sys

    for path in Path(chainring.contracts.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                assert name.split(".")[0] in sys.stdlib_module_names or name.startswith(
                    "chainring.contracts"
                ), f"{path.name} imports {name}"
