"""A template of conversations words them as transformers does, and comes to an end."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from chainring.contracts.errors import InputError, RefusedError
from chainring.text.template import worded
from chainring.text.template_costs import TooMuchError, budget, judged

SAID = [
    {"role": "system", "content": "Be short."},
    {"role": "user", "content": "Where is <my> parcel? 退款"},
    {"role": "assistant", "content": "On its way."},
    {"role": "user", "content": "  thanks  "},
]
MARKS = {"bos_token": "<s>", "eos_token": "</s>"}
GOOD = (
    "{{ bos_token }}{% for m in messages %}{{ '<|' + m['role'] + '|>' + m.content | trim }}"
    "{% if not loop.last %}{{ eos_token }}{% endif %}{{ loop.index0 }}/{{ loop.length }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    "{%- set ns = namespace(found=false, text='') -%}\n"
    "{%- for m in messages if m.role != 'system' -%}\n"
    "  {%- if loop.index is divisibleby 2 -%}{%- set ns.found = true -%}{%- endif -%}\n"
    "  {%- set ns.text = ns.text ~ m.role ~ ': ' ~ loop.index -%}\n"
    "{%- endfor -%}\n{{ ns.text }} {{ ns.found }}\n",
    "{% macro told(m) %}[{{ m['content'].split(' ')[-1] | upper }}]{% endmacro %}"
    "{% for m in messages[::-1] %}{{ told(m) }}{% if loop.index == 2 %}{% break %}{% endif %}"
    "{% endfor %}{{ messages | tojson(indent=2) }}{{ tools is none }}",
    "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
    "{{ 2 ** 3 }} {{ '%s-%d' % ('a', 7) }} {{ 'ab' * 3 }} {{ [1] + [2] }} {{ 7 % 4 }} {{ 1 + 0.5 }}"
    " {{ messages | map(attribute='role') | join(',') }} {{ 'a b'.replace(' ', '_') }}"
    " {{ range(3) | list }} {{ dict(a=1) }} {{ messages[0].content | replace('Be', 'Is') }}",
    "{{ '** %s ** 12345' % 'a' }} {{ '*{}* 12345'.format(1) }}"
    " {{ '%5.1f%%*' | format(2) }} {{ '{:>4}|{{}}'.format('a') }} {{ 'a\nb' | indent(2, true) }}"
    " {{ messages | tojson(separators=(',', ':'), sort_keys=true) }} {{ 'a\tb'.expandtabs(3) }}",
    "{% for m in messages %}{% if m == messages[-1] or m.role in ['user', 'system'] %}"
    "{{ m.content is string }}{{ 'parcel' in m.content }}{{ m.content | length > 128000 }}"
    "{{ 1 < loop.index <= 3 }}{{ m.role is eq('user') }}{{ m.name is defined }}"
    "{% endif %}{% endfor %}{{ messages | selectattr('role', 'eq', 'user') | list | length }}"
    "{{ messages | rejectattr('role', 'in', ('user',)) | map(attribute='role') | join }}"
    "{{ {messages[0].role: 1, (1, 2): 7}[(1, 2)] }} {{ 7 // 2 }} {{ 6 is divisibleby 3 }}"
    "{{ 'a <b>c</b> www.a.example' | striptags | wordwrap(3) }}{{ tools is none }}",
)


@pytest.mark.parametrize("template", GOOD)
def test_a_conversation_is_worded_as_transformers_words_it(template: str) -> None:
    (expected,), _ = render_jinja_template(
        conversations=[SAID], chat_template=template, add_generation_prompt=True, **MARKS
    )
    assert worded(template, SAID, marks=MARKS, base="a base") == expected


DOUBLED = (
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = MORE %}{% endfor %}"
)
NESTED = DOUBLED.replace("MORE", "[ns.x, ns.x]")
TWICE = (
    "{% set a = namespace(x=(1,)) %}{% set b = namespace(x=(1,)) %}{% for i in range(22) %}"
    "{% set a.x = (a.x, a.x) %}{% set b.x = (b.x, b.x) %}{% endfor %}"
)
ENDLESS = (
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(9000) %}{% for b in range(9000) if false %}{% endfor %}{% endfor %}",
    "{% for a in messages recursive %}{% if loop.depth < 40 %}{{ loop(messages) }}{% endif %}"
    "{% endfor %}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for a in range(9000) %}{{ range(9000) | join | length }}{% endfor %}",
    "{{ 'a' * 10 ** 12 }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 'a' | center(10 ** 12) }}",
    "{{ 'a'.ljust(10 ** 12) }}",
    "{{ '%99999999999d' % 1 }}",
    "{{ '{:99999999999}'.format(1) }}",
    "{% set s = 'a' * 99999 %}{{ s.replace('a', s) }}",
    "{% set s = 'a' * 99999 %}{{ s | replace('a', s) }}",
    DOUBLED.replace("MORE", "ns.x ~ ns.x"),
    DOUBLED.replace("MORE", "ns.x + ns.x"),
    NESTED + "{{ ns.x }}",
    NESTED + "{{ ns.x | tojson }}",
    DOUBLED.replace("'ab'", "3").replace("MORE", "ns.x * ns.x"),
    TWICE + "{{ a.x == b.x }}",
    TWICE + "{{ [a, b] | sort(attribute='x') | length }}",
    TWICE + "{{ [a, b] | unique(attribute='x') | list | length }}",
    "{% set x = 9 ** 20000 %}{% set y = 9 ** 10000 %}{% for i in range(9000) %}"
    "{% set z = x % y %}{% endfor %}",
    TWICE + "{{ 1 < 2 < a.x }}",
    TWICE + "{{ a.x in [b.x] }}",
    TWICE + "{{ a.x is eq(b.x) }}",
    TWICE + "{{ a.x is in [b.x] }}",
    "{{ (['b'] * 9000) | select('in', 'a' * 99999) | list }}",
    TWICE + "{{ {a.x: 1} | length }}",
    TWICE + "{{ {}[a.x] }}",
    "{% set s = 'a' * 99999 %}{% for i in range(9000) %}{% if 'b' in s %}{% endif %}{% endfor %}",
    "{% set x = 9 ** 30000 // 7 %}",
    "{% set x = (9 ** 30000) is divisibleby 7 %}",
    "{{ ('<!---->' * 100000) | striptags | length }}",
    "{{ ['a ' * 200000] | map('wordwrap', 1) | first | length }}",
)
LONG = (
    "{{ ('a\n' * 20000) | indent(100000) | length }}",
    "{{ ['a\n' * 20000] | map('indent', 100000) | first | length }}",
    "{{ '%999999999d' | format(1) | length }}",
    "{{ '%(a)999999999d' | format(a=1) | length }}",
    "{{ ('%999999999d' % 1) | length }}",
    "{{ ('%(a)s' * 9999) | format(a='a' * 99999) | length }}",
    "{{ ('%999999999d'.encode() % 1) | length }}",
    "{{ '{:>999999999}'.format(1) | length }}",
    "{{ '{:{}}'.format(1, '>999999999') | length }}",
    "{{ '{a:>999999999}'.format_map({'a': 1}) | length }}",
    "{{ ('{0}' * 9999).format('a' * 99999) | length }}",
    "{{ ('a'.encode() * 999999999) | length }}",
    "{{ ((1,) * 99999999) | length }}",
    "{{ ('\t' * 99999).expandtabs(tabsize=99999) | length }}",
    "{{ ('a' * 99999) | join('a' * 99999) | length }}",
    "{{ (range(20000) | list) | tojson(indent=99999) | length }}",
)


@pytest.mark.parametrize("template", ENDLESS)
def test_a_template_without_end_is_stopped_and_its_base_named(template: str) -> None:
    with pytest.raises(RefusedError, match="of a base does not come to an end: it was stopped"):
        worded(template, SAID, marks=MARKS, base="a base")
    assert worded(GOOD[0], SAID, marks=MARKS, base="a base"), "the next one has a budget of its own"


@pytest.mark.parametrize("template", LONG)
def test_what_would_be_long_is_stopped_before_it_is_made(template: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError, match="of a base does not come to an end"):
            worded(template, SAID, marks=MARKS, base="a base")
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "asked",
    [
        "messages | length - loop.index0",
        "messages | count + (messages | first).content | length + (messages | last).role | length",
        "range(messages | length) | length",
    ],
)
def test_a_pass_may_ask_how_long_the_conversation_is(asked: str) -> None:
    said = [{"role": "user", "content": "a" * 100} for _ in range(200)]
    assert worded(
        f"{{% for m in messages %}}{{{{ {asked} }}}}{{% endfor %}}", said, marks={}, base=""
    )


def test_a_template_may_look_at_each_message_from_each() -> None:
    said = [{"role": "user", "content": "a"} for _ in range(300)]
    each = "{% for a in messages %}{% for b in messages[loop.index:] %}{% endfor %}{% endfor %}"
    assert worded(each + "at its end", said, marks={}, base="a base") == "at its end"


LAST = "{% for m in messages %}{% if m == messages[-1] %}last{% endif %}{% endfor %}"
AHEAD = (
    "{% for a in messages %}{% for b in messages[loop.index:] %}"
    "{% if 'tool_calls' not in b and b.role == 'tool' %}{% endif %}{% endfor %}{% endfor %}last"
)


@pytest.mark.parametrize("template", [LAST, AHEAD])
@pytest.mark.parametrize("last", [20, 100_000])
def test_a_comparison_costs_what_the_smaller_of_both_does(template: str, last: int) -> None:
    said = [{"role": "user", "content": f"message {n} " + "a" * 200} for n in range(600)]
    said.append({"role": "user", "content": "b" * last})
    assert worded(template, said, marks={}, base="a base") == "last"


class Watched(list[str]):
    """A long list that is not to be walked through."""

    def __iter__(self) -> Iterator[str]:
        for place, item in enumerate(super().__iter__()):
            assert place < 100
            yield item


@pytest.mark.parametrize("small", [[], {}, "a", 1, ["a"] * 20, (), {"a": 1}])
def test_of_the_larger_side_no_more_is_walked_than_is_paid_for(small: object) -> None:
    with budget(1_000):
        assert not judged(Watched(["a"] * 50_000), "eq", small)
        assert judged(small, "ne", Watched(["a"] * 50_000))
        assert judged("a", "in", {"a": Watched(["a"] * 50_000)})


def test_what_holds_itself_on_both_sides_ends() -> None:
    one: list[object] = []
    one.append(one)
    other: list[object] = [one]
    with budget(1_000), pytest.raises(TooMuchError):
        judged(one, "eq", other)


def test_comparisons_come_to_what_they_come_to_in_python() -> None:
    template = (
        "{{ 1 == 1 }} {{ 1 != 1 }} {{ 1 < 2 }} {{ 2 <= 1 }} {{ 2 > 1 }} {{ 1 >= 2 }} "
        "{{ 'a' in 'ab' }} {{ 'c' not in {'c': 1} }} {{ 1 < 2 < 3 }}"
    )
    told = worded(template, SAID, marks=MARKS, base="a base").split()
    assert told == ["True", "False"] * 4 + ["True"]


def test_each_message_of_a_long_conversation_may_be_compared() -> None:
    said = [{"role": "user", "content": "where is my parcel " * 50} for _ in range(1000)]
    each = (
        "{% for m in messages %}{% if m == messages[-1] and messages is defined %}last{% endif %}"
        "{% if 'END' in m.content or m.content | length < 128000 or m is mapping %}{% endif %}"
        "{% endfor %}"
    )
    assert worded(each, said, marks={}, base="a base").startswith("last")


def test_a_long_conversation_has_a_budget_to_its_length() -> None:
    said = [{"role": "user", "content": "where is my parcel " * 50} for _ in range(2000)]
    assert len(worded(GOOD[0], said, marks=MARKS, base="a base")) > 1_800_000


@pytest.mark.parametrize(
    "template", ["{% if", "{{ nothing.at.all }}", "{{ messages.append(1) }}", "{{ 1 + 'a' }}"]
)
def test_a_template_that_fails_is_told_with_its_base(template: str) -> None:
    with pytest.raises(RefusedError, match="the template of conversations of a base fails"):
        worded(template, SAID, marks=MARKS, base="a base")


def test_a_template_may_refuse_a_conversation() -> None:
    with pytest.raises(InputError, match="roles must take turns"):
        worded("{{ raise_exception('roles must take turns') }}", SAID, marks={}, base="a base")
