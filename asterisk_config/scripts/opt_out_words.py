"""What people say or write when they do not want to be called: in Spanish, Portuguese and English.

One list for all ways that words come: a recogniser's text in the dialplan, a message's text at the API. Pure, and of
the standard library alone, since Asterisk's host runs it too.
"""

import re
import unicodedata

# Alone, or with nothing but courtesy around them: within a sentence they may mean anything.
WORDS = {
    "es": ("baja", "alto", "basta", "parar", "detener", "cancelar", "salir", "remover", "eliminar"),
    "pt": ("sair", "pare", "parar", "cancelar", "remover", "descadastrar", "chega"),
    "en": ("stop", "stopall", "unsubscribe", "cancel", "quit", "end", "remove", "optout"),
}
# Anywhere, as patterns of whole words without accents.
PHRASES = {
    "es": (
        "no (me |nos )?(llame|llamen|llames|llamar)( \\w+)? (mas|nunca)", "no (me |nos )?vuelva[ns]? a llamar",
        "deje[ns]? de llamar(me|nos)?", "no quiero (que (me|nos) llame[ns]?|(mas|recibir) llamadas|mas llamados)",
        "(dar|de|den|dan|dame|deme|denme|darme|darnos)( me)? (de )?baja", "de baja (mi|este) (numero|telefono)",
        "(borr|elimin|quit|sac|saqu|retir)(a|e|en|ar)(me|nos)? (mi|este|el) (numero|telefono)",
        "(quit|sac|saqu|borr|elimin)(a|e|en|ar)(me|nos) de (la|su|sus) (lista|base)s?",
    ),
    "pt": (
        "nao (me |nos )?(ligue|liguem|ligar|telefone|telefonem) mais", "(pare|parem|parar) de (me )?(ligar|telefonar)",
        "nao quero (mais )?(receber )?(mais )?(ligacoes|chamadas)", "nao quero que (me )?liguem",
        "(tire|tirem|tira|remova|removam|retire|retirem|exclua|excluam) (o )?(meu|este|esse) (numero|telefone)",
        "me (tire|tirem|tira|remova|removam|retire) d(a|esta|essa) (lista|base)",
    ),
    "en": (
        "(do not|dont|never) (ever )?(call|phone|ring)( me| us| this number| here)?( again| anymore| any more)?",
        "(stop|quit) (calling|phoning|ringing)", "(remove|delete|erase) (my|this) (number|phone)",
        "(take|remove) (me|us|my number) (off|from)", "opt (me )?out", "no more calls",
    ),
}  # fmt: skip
COURTESY = frozenset((
    "a", "de", "favor", "gracias", "la", "now", "o", "obrigada", "obrigado", "please", "por", "porfa", "quero",
    "quiero", "thank", "thanks", "una", "vez", "ya", "you",
))  # fmt: skip
_ALONE = frozenset(word for words in WORDS.values() for word in words)
_ANYWHERE = re.compile("|".join(rf"\b(?:{one})\b" for phrases in PHRASES.values() for one in phrases))


def asks_to_stop(text: str) -> bool:
    """Whether somebody who says or writes this does not want to be called any more, in whichever language."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("\u2019", ""))
    words = re.findall(r"\w+", "".join(one for one in letters if not unicodedata.combining(one)))
    if set(words) & _ALONE and set(words) <= _ALONE | COURTESY:
        return True
    return _ANYWHERE.search(" ".join(words)) is not None
