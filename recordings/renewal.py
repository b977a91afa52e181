"""What recordings are found by, written anew after something was said, transcribed or scored of them."""

import json
from collections.abc import Sequence
from dataclasses import replace

from dialer.core.ids import CallId
from dialer.store import Store, Words
from recordings.entries import known, words_of
from recordings.said import SaidRule, flags, judged
from recordings.silenced import said_in


async def renew_words(store: Store, calls: Sequence[CallId]) -> int:
    """Bring words, flags and facets of these recordings up to date; how many of them are indexed."""
    recordings = await store.recordings.by_calls(calls)
    indexed = [one for one in recordings.values() if one.position is not None and one.deleted_at is None]
    facts = await store.call_facts.of([one.call for one in indexed])
    transcripts = await store.transcripts.of([one.call for one in indexed])
    rules = await store.quality.said_rules(SaidRule) if transcripts else ()
    words = []
    for before in indexed:
        assert before.position is not None
        measures = await store.recordings.measures(before.call)
        heard = json.loads(str(measures["detail"]))["audio"]["flags"] if measures is not None else []
        transcript = transcripts.get(before.call)
        broken = flags(judged(rules, transcript.segments, before.campaign)) if transcript is not None else ()
        one = known(before, facts.get(before.call))
        one = replace(one, flags=" ".join(dict.fromkeys([*heard, *broken])))
        body, facets = words_of(one, measures, facts.get(one.call), said_in(transcript, before.muted))
        words.append(
            Words(
                call=one.call, position=before.position, outcome=one.outcome, disposition=one.disposition,
                flags=one.flags, score=one.score, body=body, facets=facets,
            )
        )  # fmt: skip
    await store.recordings.describe(words)
    return len(words)
