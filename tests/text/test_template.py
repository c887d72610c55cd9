"""A template of conversations words them as transformers does, and comes to an end."""

from __future__ import annotations

import pytest
from transformers.utils.chat_template_utils import render_jinja_template

from chainring.contracts.errors import InputError, RefusedError
from chainring.text.template import worded

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
)


@pytest.mark.parametrize("template", ENDLESS)
def test_a_template_without_end_is_stopped_and_its_base_named(template: str) -> None:
    with pytest.raises(RefusedError, match="of a base does not come to an end: it was stopped"):
        worded(template, SAID, marks=MARKS, base="a base")
    assert worded(GOOD[0], SAID, marks=MARKS, base="a base"), "the next one has a budget of its own"


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
