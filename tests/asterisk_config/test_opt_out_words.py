"""Who does not want to be called any more, by their own words, and who says something else."""

import pytest

from asterisk_config.scripts.opt_out_words import PHRASES, WORDS, asks_to_stop

STOPS = (
    "STOP", "Baja", "BAJA por favor", "SAIR!", "  stop. ", "No me llamen más", "por favor no me llame nunca más",
    "ya les dije que dejen de llamarme", "no vuelvan a llamar", "quiero darme de baja", "den de baja mi número",
    "sáquenme de su lista", "borre mi numero", "no quiero que me llamen", "Não me liguem mais!", "parem de me ligar",
    "não quero receber ligações", "retire o meu número", "Don't call me again", "DO NOT CALL", "stop calling me",
    "take me off your list", "please remove my number", "nao me ligue mais",
)  # fmt: skip
OTHERS = (
    "", "no", "sí, ¿quién habla?", "llámeme más tarde", "no me llame hoy, llame mañana", "la baja de mi sueldo",
    "voy a cancelar la deuda el viernes", "no puedo parar ahora", "pode me ligar mais tarde", "call me tomorrow",
    "I can't stop now", "aló", "cancelar una cuota", "de una vez", "gracias", "no tengo más llamadas",
)  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_who_asks_not_to_be_called_is_understood(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize("text", OTHERS)
def test_who_says_something_else_may_be_called(text: str) -> None:
    assert not asks_to_stop(text)


def test_every_language_has_words_and_phrases() -> None:
    assert set(WORDS) == set(PHRASES) == {"es", "pt", "en"}
    assert all(asks_to_stop(word) and asks_to_stop(word.upper()) for words in WORDS.values() for word in words)
