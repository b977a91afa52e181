"""Transcripts: read from WebVTT and from the JSON of other engines, or made by faster-whisper where it is installed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import soundfile  # type: ignore[import-untyped]

from dialer.core.ids import CallId
from dialer.store import Segment, Transcript
from recordings.errors import EngineMissingError, FormError
from recordings.legs import Leg

SEGMENTS_MAX = 50_000
_CUE = re.compile(r"((?:\d+:)?\d\d:\d\d[.,]\d{3})\s+-->\s+((?:\d+:)?\d\d:\d\d[.,]\d{3})")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")
_TYPED = re.compile(r"(?:((?:\d+:)?\d+:\d\d(?:[.,]\d+)?)\s+)?(?:([^:]{1,20}):\s*)?(.*)")
_TYPED_S = 3.0  # of a line typed to try a rule
# Who a speaker is, in the words of engines and of people.
_SIDES = {
    **dict.fromkeys(("agent", "agente", "asesor", "operador", "atendente", "left", "0", "speaker_00"), Leg.AGENT),
    **dict.fromkeys(("customer", "person", "client", "cliente", "persona", "right", "1", "speaker_01"), Leg.CUSTOMER),
}


def read_transcript(call: int, text: str, source: str, language: str, now: float) -> Transcript:
    """A transcript in WebVTT or JSON. Raises FormError where it is neither."""
    text = text.lstrip("\ufeff")
    segments = tuple(_webvtt(text) if text.startswith("WEBVTT") else _json(text))
    if not segments:
        raise FormError("the transcript holds no text; give WebVTT, or JSON with segments of start, end and text")
    if len(segments) > SEGMENTS_MAX:
        raise FormError(f"the transcript has {len(segments)} segments; at most {SEGMENTS_MAX} are taken")
    ordered = tuple(sorted(segments, key=lambda one: (one.start_s, one.end_s)))
    return Transcript(call=CallId(call), source=source, language=language, at=now, segments=ordered)


def typed(text: str) -> tuple[Segment, ...]:
    """A transcript as a person writes one to try a rule on it, a line for each saying: `0:05 agent: buenos días`.

    The time may be left out: then it is 3 s after the line before; so may the side. WebVTT and JSON are read as well.
    Raises FormError where there is no text.
    """
    text = text.lstrip("\ufeff")
    if text.startswith(("WEBVTT", "{", "[")):
        return read_transcript(0, text, "", "", 0.0).segments
    segments: list[Segment] = []
    at = 0.0
    for line in filter(None, map(str.strip, text.splitlines())):
        found = _TYPED.match(line)
        assert found is not None
        at = _clock(found[1]) if found[1] else at
        side = (found[2] or "").strip().lower()
        known = side in _SIDES
        said = found[3] if known or not found[2] else f"{found[2]}: {found[3]}"
        segments += _segment(at, at + _TYPED_S, side if known else "", said)
        at += _TYPED_S
    if not segments:
        raise FormError("type what was said, a line for each saying, as 0:05 agent: buenos días")
    return tuple(segments)


def _webvtt(text: str) -> Iterator[Segment]:
    for block in re.split(r"\r?\n\s*\r?\n", text)[1:]:
        lines = block.strip().splitlines()
        at = next((n for n, line in enumerate(lines) if "-->" in line), None)
        if at is None:
            continue  # a note or a style
        cue = _CUE.match(lines[at].strip())
        if cue is None:
            raise FormError(f"WebVTT: {lines[at][:60]!r} is no time of a cue")
        said = "\n".join(lines[at + 1 :])
        voice = _VOICE.search(said)
        yield from _segment(_clock(cue[1]), _clock(cue[2]), voice[1] if voice else "", _TAG.sub("", said))


def _clock(text: str) -> float:
    parts = [float(part) for part in text.replace(",", ".").split(":")]
    return sum((part * 60.0**n for n, part in enumerate(reversed(parts))), 0.0)


def _json(text: str) -> Iterator[Segment]:
    """Whisper and its kin: {"segments": [{"start", "end", "text", "speaker"?}]}, or the list alone."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise FormError(f"the transcript is neither WebVTT nor JSON: {error}") from error
    rows = read.get("segments") if isinstance(read, Mapping) else read
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise FormError("JSON: a list of segments is looked for, alone or under the key segments")
    for n, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise FormError(f"JSON: segment {n + 1} is no object")
        try:
            start = float(_first(row, "start", "start_s", "start_time", "from"))
            end = float(_first(row, "end", "end_s", "end_time", "to"))
        except (TypeError, ValueError):
            raise FormError(f"JSON: segment {n + 1} needs start and end in seconds") from None
        speaker = next((str(row[key]) for key in ("speaker", "channel", "leg") if row.get(key) is not None), "")
        yield from _segment(start, end, speaker, str(_first(row, "text", "transcript", "content") or ""))


def _first(row: Mapping[Any, Any], *names: str) -> Any:  # noqa: ANN401 - another engine's JSON
    return next((row[name] for name in names if name in row), None)


def _segment(start_s: float, end_s: float, speaker: str, said: str) -> Iterator[Segment]:
    words = " ".join(said.split())
    if not 0 <= start_s <= end_s < 1e6:
        raise FormError(f"a segment from {start_s:g} s to {end_s:g} s cannot be")
    if words:
        yield Segment(start_s, end_s, str(_SIDES.get(speaker.strip().lower(), "")), words)


def whisper(path: Path, model: Path, call: int, language: str, now: float) -> Transcript:
    """Transcribe both sides of a stereo file with the user's own model; nothing is downloaded.

    Raises EngineMissingError where faster-whisper is not installed or the folder holds no model that it can open.
    """
    try:
        from faster_whisper import WhisperModel  # noqa: PLC0415 - heavy, and not there unless asked for
        from faster_whisper.audio import decode_audio  # noqa: PLC0415
    except ImportError as error:
        raise EngineMissingError(
            "transcripts are made with faster-whisper: pip install 'cadencia[transcripts]'"
        ) from error
    if not (model / "model.bin").is_file():
        raise EngineMissingError(
            f"{model}: holds no model.bin; download a model for faster-whisper and name its folder"
        )
    try:
        engine = WhisperModel(str(model), device="cpu", compute_type="int8", local_files_only=True)
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineMissingError(f"{model}: faster-whisper cannot open that model ({error})") from error
    segments: list[Segment] = []
    two = soundfile.info(str(path)).channels == 2  # what was adopted may have both sides in one
    sides = (
        zip(Leg, decode_audio(str(path), split_stereo=True), strict=True) if two else [("", decode_audio(str(path)))]
    )
    for leg, samples in sides:
        found, heard = engine.transcribe(samples, language=language or None, vad_filter=True)
        language = language or heard.language  # of the agent, who speaks first and clearer
        segments += [Segment(one.start, one.end, str(leg), one.text.strip()) for one in found if one.text.strip()]
    ordered = tuple(sorted(segments, key=lambda one: (one.start_s, one.end_s)))
    return Transcript(
        call=CallId(call), source=f"faster-whisper {model.name}", language=language, at=now, segments=ordered
    )
