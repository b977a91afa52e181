"""Each recorded trace means what was written beside it, on Asterisk 16 and 22, in whatever order its threads spoke."""

from collections.abc import Iterator

import pytest

from tests.asterisk.tracing import Trace, all_traces, meaning

TRACED = all_traces()
ATTEMPTS = [trace for trace in TRACED if len(trace.meaning) < 7 and trace.meaning[-1].startswith("Outcome")]


@pytest.mark.parametrize("trace", TRACED, ids=str)
def test_a_trace_means_what_is_written_beside_it(trace: Trace) -> None:
    assert meaning(trace.steps) == trace.meaning


def test_there_are_traces_of_both_versions() -> None:
    versions = {trace.path.parent.name for trace in TRACED}
    assert versions == {"16", "22"}
    assert len(ATTEMPTS) > 50


def reordered(trace: Trace) -> Iterator[Trace]:
    """The same with OriginateResponse elsewhere: it is told by another thread than the channel's own events."""
    at = [i for i, step in enumerate(trace.steps) if isinstance(step, dict) and step["Event"] == "OriginateResponse"]
    if len(at) != 1 or not any(isinstance(step, dict) and step["Event"] == "Hangup" for step in trace.steps):
        return
    first = next(i for i, step in enumerate(trace.steps) if isinstance(step, dict))
    rest = [step for i, step in enumerate(trace.steps) if i != at[0]]
    for place in range(first, len(rest) + 1):
        steps = (*rest[:place], trace.steps[at[0]], *rest[place:])
        yield Trace(trace.path, trace.title, trace.meaning, steps)


@pytest.mark.parametrize("trace", ATTEMPTS, ids=str)
def test_the_outcome_does_not_hang_on_when_originate_response_comes(trace: Trace) -> None:
    for other in reordered(trace):
        told = meaning(other.steps)
        assert told[-1] == trace.meaning[-1]
        assert sum(line.startswith("CallEnded") for line in told) == 1
