"""A policy becomes a guard."""

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.guard import Guard
from chainring.contracts.source import Policy
from chainring.trust.guard import guard
from chainring.trust.settings import PrivacySettings


def test_the_settings_of_a_new_user_protect() -> None:
    made = guard(PrivacySettings().policy())
    assert (made.redact, made.log) == (True, "redacted")
    assert made.retention_s == 90 * 24 * 60 * 60
    assert made.allows("none")


def test_only_the_named_consents_are_allowed_and_their_order_does_not_matter() -> None:
    one = guard(Policy(allowed_consents=("训练", "training")))
    other = guard(Policy(allowed_consents=("training", "训练", "training")))
    assert one == other
    assert one.allows("训练")
    assert not one.allows("none")


@pytest.mark.parametrize("allowed", [(), ("refused", "training")])
def test_a_refusal_in_any_dress_is_never_allowed(allowed: tuple[str, ...]) -> None:
    made = Guard(redact=True, log="none", retention_s=1.0, allowed_consents=allowed)
    for said in ("refused", "Refused ", "no", "false", "拒绝", "不同意"):
        assert not made.allows(said)


def test_an_allowed_consent_is_known_again_in_any_dress() -> None:
    made = guard(Policy(allowed_consents=("仅用于诊疗（内部）", "Training")))
    assert made.allows(" training")
    assert made.allows("仅用于诊疗(内部)")
    assert not made.allows("trainings")


def test_a_policy_that_allows_a_refusal_is_told_to_name_the_consent_otherwise() -> None:
    with pytest.raises(InputError, match=r"allowed_consents: '0' says no"):
        guard(Policy(allowed_consents=("training", "0")))


def test_every_fault_of_a_policy_is_told_at_once_with_the_nearest_word() -> None:
    with pytest.raises(InputError) as caught:
        guard(Policy(log="redact", retention_days=0))
    assert len(caught.value.faults) == 2
    assert "did you mean 'redacted'?" in str(caught.value)
    assert "privacy.retention_days: 0 is not >= 1" in str(caught.value)


@pytest.mark.parametrize("wrong", [{"log": "all"}, {"retention_days": 0}, {"keep": True}])
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        PrivacySettings.model_validate(wrong)
