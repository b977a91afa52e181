"""Synthetic greetings of people and machines in Spanish, Portuguese and English, with the noise of a line under them.

Spoken by eSpeak NG (package espeakng-loader, extra `voices`). Voices and sentences of tuning and of proof differ.
"""

import ctypes
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from asterisk_config.sounds import RATE_HZ, Samples, tone

LEAD_S = (0.15, 0.9)  # before the first word
NOISE = (0.0008, 0.004)
BEEPS_HZ = (350, 440, 620, 850, 1000, 1400)
BEEPS = {
    "one": "one tone",
    "short": "one of 0.15 to 0.25 s",
    "twice": "two in a row",
    "chord": "two at once",
    "before": "a tone before the greeting, none behind it",
}
"""How machines say that they record now."""
AFTER_S = 30.0  # of noise behind everything, so that audio never stops

PERSONS: dict[str, Sequence[str]] = {
    "es": ("¿Aló?", "Hola", "¿Sí?", "Diga", "Bueno", "Buenas tardes", "Hola, ¿quién habla?", "¿Sí, dígame?",
           "¿Aló, buenas?", "Hola, buenos días", "Sí, ¿con quién?", "¿Bueno? ¿Quién es?", "Habla Carmen", "¿Mande?",
           "Familia Rojas, buenas"),
    "pt": ("Alô?", "Oi", "Pronto", "Alô, quem fala?", "Sim?", "Oi, tudo bem?", "Pois não", "Bom dia", "Alô, bom dia",
           "Fala", "Quem é?", "Boa tarde, quem fala?"),
    "en": ("Hello?", "Hi", "Yes?", "Hello, who is this?", "Good morning", "Hey, what's up", "Speaking", "Yeah, hello?",
           "Smith residence", "Hello, this is Ann"),
}  # fmt: skip
MACHINES: dict[str, Sequence[str]] = {
    "es": ("Ha llamado al buzón de voz. En este momento no podemos atenderle. Deje su mensaje después de la señal.",
           "El número que usted marcó no se encuentra disponible, por favor deje su mensaje después del tono.",
           "Hola, soy Pedro, ahora no puedo contestar, deja un mensaje y te llamo en cuanto pueda. Gracias.",
           "Bienvenido al correo de voz. La persona a la que llama no está disponible en este momento.",
           "Este es el contestador de la familia Soto. No estamos en casa. Grabe su mensaje al oír la señal."),
    "pt": ("Sua chamada está sendo encaminhada para a caixa de mensagens. Após o sinal, grave o seu recado.",
           "Oi, você ligou para a Ana, no momento não posso atender, deixe seu recado depois do bipe.",
           "O número chamado não está disponível. Deixe a sua mensagem após o sinal.",
           "Esta é a caixa postal de João. Por favor, deixe o seu nome e telefone que eu retorno a ligação."),
    "en": ("You have reached the voice mailbox of John. Please leave a message after the tone.",
           "Hi, this is Mary, I can't come to the phone right now, leave me a message and I will call you back.",
           "The person you are calling is not available. At the tone, please record your message.",
           "Thank you for calling. Nobody is available to take your call. Please leave your name and number."),
}  # fmt: skip
VOICES = {"es": ("es-419", "es"), "pt": ("pt-br", "pt"), "en": ("en-us", "en-029")}
TUNED_WITH = ("m1", "f1", "m3", "f4")  # variants of eSpeak; the others are kept for the proof
PROVED_WITH = ("m2", "m4", "m7", "f2", "f3", "f5")


@dataclass(frozen=True, slots=True)
class Greeting:
    """One far end: what is said, and how it sounds from the answer on."""

    language: str
    person: bool
    text: str
    samples: Samples
    beep: str = ""  # of BEEPS; of persons "before" where their line sounds a signal, else empty
    beep_ends_s: float = 0.0  # after the answer; 0 for a person


class Speaker:
    """eSpeak NG in this process. Ends the program, with the mend, where it is not installed."""

    def __init__(self) -> None:
        try:
            import espeakng_loader  # noqa: PLC0415 - an extra
        except ImportError:
            raise SystemExit("voices need eSpeak NG: pip install 'cadencia[voices]' (or make setup)") from None

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._rate = self._library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
        self._chunks: list[bytes] = []
        kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
        self._callback = kind(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def _hear(self, samples: Any, count: int, _: Any) -> int:  # noqa: ANN401 - C pointers
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))
        return 0

    def say(self, text: str, voice: str, *, words_a_minute: int) -> Samples:
        """The text as speech at RATE_HZ."""
        self._chunks.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"eSpeak has no voice {voice}")
        self._library.espeak_SetParameter(1, words_a_minute, 0)
        raw = text.encode()
        self._library.espeak_Synth(raw, len(raw) + 1, 0, 0, 0, 1, None, None)
        self._library.espeak_Synchronize()
        spoken = np.frombuffer(b"".join(self._chunks), dtype="<i2").astype(np.float64) / 32768.0
        at = np.arange(0, spoken.size, self._rate / RATE_HZ)
        return np.asarray(np.interp(at, np.arange(spoken.size), spoken), dtype=np.float64)


def greetings(
    count: int, seed: str, variants: Sequence[str], machine_share: float = 0.5, tone_share: float = 0.0
) -> Iterator[Greeting]:
    """Far ends of all languages in turn, persons and machines mixed; `tone_share` of the persons behind a signal."""
    chance, speaker = random.Random(seed), Speaker()
    for n in range(count):
        language = ("es", "pt", "en")[n % 3]
        person = chance.random() >= machine_share
        text = chance.choice((PERSONS if person else MACHINES)[language])
        voice = f"{chance.choice(VOICES[language])}+{chance.choice(tuple(variants))}"
        speech = speaker.say(text, voice, words_a_minute=chance.randint(135, 200))
        sounds = person and tone_share > 0 and chance.random() < tone_share
        yield _far_end(chance, language, text, speech, person=person, sounds=sounds)


def _far_end(
    chance: random.Random, language: str, text: str, speech: Samples, *, person: bool, sounds: bool
) -> Greeting:
    lead = np.zeros(round(chance.uniform(*LEAD_S) * RATE_HZ))
    level = chance.uniform(0.25, 0.8) / max(float(np.abs(speech).max()), 1e-9)
    parts = [lead, speech * level]
    kind = ("before" if sounds else "") if person else chance.choice(("one", *BEEPS))
    if kind:
        parts.append(np.zeros(round(chance.uniform(0.2, 1.2) * RATE_HZ)))
        parts.append(_beep(chance, kind))
    if kind == "before":
        parts = [lead, *reversed(parts[1:])]  # what counts as the beep's end is the greeting's
    beep_ends_s = 0.0 if person else sum(part.size for part in parts) / RATE_HZ
    parts.append(np.zeros(round(AFTER_S * RATE_HZ)))
    whole = np.concatenate(parts)
    noise = np.random.default_rng(chance.randrange(1 << 30)).normal(0.0, chance.uniform(*NOISE), whole.size)
    return Greeting(language, person, text, np.asarray(whole + noise, dtype=np.float64), kind, beep_ends_s)


def _beep(chance: random.Random, kind: str) -> Samples:
    """What machines sound when they record: one tone of some length or short, two in a row, or two at once."""
    low, high = sorted(chance.sample(BEEPS_HZ, 2))
    if kind == "short":
        return tone(high, chance.uniform(0.15, 0.25), 0.4)
    if kind == "twice":
        return np.concatenate((tone(low, 0.2, 0.4), np.zeros(round(0.12 * RATE_HZ)), tone(low, 0.2, 0.4)))
    if kind == "chord":
        return tone(low, 0.5, 0.25) + tone(high, 0.5, 0.25)
    return tone(low, chance.uniform(0.25, 0.7), 0.4)
