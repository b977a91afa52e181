"""A decision that is kept says the same in every language as the one that was made."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.decided import decision_of
from dialer.core.ids import CampaignId
from dialer.core.placing import kept
from pacing.decision import LOCALES, Binding, Decision, Why, sentence

counts = st.integers(0, 500)
shares = st.floats(0, 1)
whys = st.builds(
    Why, binding=st.sampled_from(Binding), policy=st.just("predictive"), agents=counts, free=st.integers(-20, 200),
    waiting=counts, in_flight=counts, frees=st.floats(0, 50), answers=st.floats(0, 50), within_s=st.floats(1, 60),
    risk=shares, answered=counts, abandoned=counts, cap=shares, wanted=counts, failures=counts, detail=st.just(""),
)  # fmt: skip


@given(st.integers(0, 60), whys)
def test_a_kept_decision_is_said_as_it_was_made(calls: int, why: Why) -> None:
    made = Decision(calls, why)
    again = decision_of(kept(made, number=7, campaign=CampaignId(1), at=5.0))
    assert again is not None
    for locale in LOCALES:
        assert sentence(again, locale) == sentence(made, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_was_frozen_is_said_too(locale: str) -> None:
    made = Decision(0, Why(binding=Binding.FROZEN, policy="predictive", detail="calls fail in a row: 8"))
    again = decision_of(kept(made, number=7, campaign=CampaignId(1), at=5.0))
    assert again is not None
    assert "calls fail in a row: 8" in sentence(again, locale)


def test_a_binding_of_another_release_is_left_as_it_was_said() -> None:
    record = kept(Decision(1, Why(binding=Binding.LINES, policy="p")), number=1, campaign=CampaignId(1), at=0.0)
    assert decision_of(replace(record, binding="tides")) is None
