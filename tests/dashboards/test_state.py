"""The state of a page as a value, and its address."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.state import State

WORDS = st.text(min_size=1, max_size=12).filter(lambda text: text.strip() == text and "\x00" not in text)
NAMES = st.sampled_from(["branch", "segment", "channel", "alert__disposition"])


@given(
    period=st.sampled_from(["", "2025-12", "2025-q3", "2025-12-12m"]),
    against=st.sampled_from(["last_year", "previous"]),
    chosen=st.dictionaries(NAMES, WORDS, max_size=3),
    by=st.dictionaries(st.sampled_from(["value-by-channel", "what-for"]), NAMES, max_size=2),
    opened=st.sampled_from(["", "metric:nim", "data:what-for"]),
)
def test_a_link_reproduces_the_state(
    period: str, against: str, chosen: dict[str, str], by: dict[str, str], opened: str
) -> None:
    state = State(period, against, chosen, by, opened)
    assert State.of(state.query) == state


def test_what_the_address_says_wrongly_is_left_out() -> None:
    state = State.of("?against=sideways&theme=dark&period=2025-12&branch=B01&branch=B02")
    assert state == State("2025-12", "last_year", {"branch": "B02"})


def test_steps_from_one_state_to_the_next() -> None:
    state = State.of("?period=2025-12&branch=B01&by.what-for=channel&open=metric:nim")
    assert state.during("2025-11").query == "?period=2025-11&branch=B01&by.what-for=channel&open=metric:nim"
    assert state.choosing("branch", None).chosen == {}
    assert state.choosing("segment", "a b").query.endswith(
        "segment=a%20b&by.what-for=channel&open=metric:nim"
    )
    assert state.drilled("what-for", None).by == {}
    assert state.opening("").query == "?period=2025-12&branch=B01&by.what-for=channel"
    assert state.reset() == State("2025-12")


def test_another_page_takes_over_period_and_filters_alone() -> None:
    state = State.of("?period=2025-12&branch=B01&by.value=channel&open=metric:nim")
    assert state.closed().query == "?period=2025-12&branch=B01"
