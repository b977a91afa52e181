"""What the index says of a recording: its measures as columns, the words it is found by. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from dialer.store import CallFacts, IndexEntry, Recording
from dialer.store import RecordingState as State
from recordings.facets import facets_of
from recordings.making import Made
from recordings.measures import CallAudio
from recordings.problems import packed
from recordings.report import as_json
from recordings.words import fold


def measures_of(audio: CallAudio, hold_s: float, waveform: tuple[str, str]) -> dict[str, object]:
    """The columns of `recording_measures`. `clipping_share` and `music_share` are the worse side's."""
    return {
        "duration_s": audio.duration_s,
        "agent_share": audio.agent.speech_share,
        "customer_share": audio.customer.speech_share,
        "silence_share": audio.silence_share,
        "talk_over_share": audio.talk_over_share,
        "longest_monologue_s": audio.longest_monologue_s,
        "turns": audio.turns,
        "response_s": audio.response_median_s,
        "first_word_s": audio.first_agent_speech_s,
        "dead_air_s": sum(one.seconds for one in audio.dead_air),
        "hold_s": hold_s,
        "agent_dbfs": audio.agent.loudness_dbfs,
        "customer_dbfs": audio.customer.loudness_dbfs,
        "clipping_share": max(audio.agent.clipping_share, audio.customer.clipping_share),
        "music_share": max(audio.agent.music_share, audio.customer.music_share),
        "beeps": len(audio.agent.beeps) + len(audio.customer.beeps),
        "detail": json.dumps({"audio": as_json(audio), "waveform": waveform}, separators=(",", ":")),
    }


def entry_of(
    recording: Recording, facts: CallFacts | None, made: Made, *, hold_s: float, now: float, said: str = ""
) -> IndexEntry:
    """A recording that was just made, as the index takes it in. `said`: what a transcript holds."""
    indexed = replace(
        known(recording, facts),
        state=State.INDEXED,
        seconds=made.seconds,
        file=made.file,
        bytes=made.bytes,
        sha256=made.sha256,
        legs=True,
        problem=packed(*made.problems),
        indexed_at=now,
        flags=" ".join(made.audio.flags),
    )
    measures = measures_of(made.audio, hold_s, made.waveform)
    body, facets = words_of(indexed, measures, facts, said)
    return IndexEntry(recording=indexed, measures=measures, body=body, facets=facets)


def known(recording: Recording, facts: CallFacts | None) -> Recording:
    """The recording with what is known of its call."""
    if facts is None:
        return recording
    return replace(
        recording,
        campaign=facts.campaign,
        client=facts.client,
        agent=facts.agent,
        lead=facts.lead,
        number=facts.number,
        outcome=facts.outcome,
        disposition=facts.disposition,
    )


def words_of(
    recording: Recording, measures: Mapping[str, object] | None, facts: CallFacts | None, said: str
) -> tuple[str, str]:
    """Body and facets."""
    own = (recording.disposition, recording.number, recording.foreign_name or "", recording.foreign_words)
    parts: Iterable[str] = (*own, said)
    if facts is not None:
        names = (facts.campaign_name, facts.agent_name, facts.person_name, facts.account)
        parts = (*names, *parts, *dict.fromkeys(facts.codes), *facts.notes)
    return fold(" ".join(one for one in parts if one)), facets_of(recording, measures, facts.country if facts else "")
