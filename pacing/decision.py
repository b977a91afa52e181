"""A decision and its reason: how many calls, what bound it, the figures behind it, one sentence in three languages.

Values and words only; the policies decide.
"""

from enum import StrEnum

from pacing.fixed import fixed


class Binding(StrEnum):
    """What kept the decision from being one call more."""

    NO_AGENTS = "no_agents"  # nobody is signed in, or all are about to leave
    LAW = "law"  # a cap of the law leaves nothing to abandon: one call for each free agent
    RISK = "risk"  # the next call would cost more in abandons than it saves in idle time
    BUDGET = "budget"  # the same, and the abandon ledger has made it dear
    LEARNING = "learning"  # at a start: how many calls are answered is not known well enough
    LINES = "lines"  # no line free
    LEADS = "leads"  # no lead at hand
    CLOSING = "closing"  # the shift, the legal hours or the list end before an answer could be served
    FROZEN = "frozen"  # calls fail in a row, or pacing was frozen by hand
    OCCUPANCY = "occupancy"  # the ceiling on the agents' occupancy
    FREE_AGENTS = "free_agents"  # the policy allows so many calls for the agents that are free
    RATE = "rate"  # the policy's own clock or rate: not due yet
    MOST = "most"  # the most that is placed at one decision


@fixed(kw_only=True)
class Why:
    """What a decision was made of. Counts of agents and calls; times in seconds; shares from 0 to 1."""

    binding: Binding
    policy: str
    agents: int = 0  # signed in
    free: int = 0  # free agents, less the callers who wait
    waiting: int = 0  # answered, no agent yet
    in_flight: int = 0  # placed, not answered yet
    frees: float = 0.0  # further agents expected free within `within_s`
    answers: float = 0.0  # answers expected from the calls in flight within `within_s`
    within_s: float = 12.0
    risk: float = 0.0  # chance that an answer to the next call would meet no agent
    price: float = 0.0  # agent-seconds that one abandoned call is worth now
    answered: int = 0  # people who answered, in the window of the strictest rule
    abandoned: int = 0
    cap: float = 0.0
    wanted: int = 0  # what the policy wanted before the limits from outside
    resets: int = 0  # of what was learned of answers, each after a sudden change of their rate; the decision may leap
    detail: str = ""  # what was frozen, or a policy's own figure

    @property
    def ratio(self) -> float:
        """Abandoned calls as a share of the people who answered."""
        return self.abandoned / self.answered if self.answered else 0.0


@fixed
class Decision:
    """Place `calls` calls now; `why` says what it was made of, `reason` says it in a sentence."""

    calls: int
    why: Why

    @property
    def reason(self) -> str:
        """One plain sentence in English."""
        return sentence(self, "en")


_FIGURES = {
    "en": "{calls}: {free} free now, {frees} more expected within {within} s; {in_flight} in flight should bring "
    "{answers} {answer_word}; budget {ratio} % of {cap} %",
    "es": "{calls}: {free} libres ahora, {frees} más previstos en {within} s; {in_flight} en curso deberían traer "
    "{answers} {answer_word}; presupuesto {ratio} % de {cap} %",
    "pt": "{calls}: {free} livres agora, mais {frees} previstos em {within} s; {in_flight} em curso devem trazer "
    "{answers} {answer_word}; orçamento {ratio} % de {cap} %",
}
_WORDS = {
    "en": {"call": "call", "calls": "calls", "no": "no calls", "answer": "answer", "answers": "answers"},
    "es": {"call": "llamada", "calls": "llamadas", "no": "ninguna llamada", "answer": "respuesta",
           "answers": "respuestas"},
    "pt": {"call": "chamada", "calls": "chamadas", "no": "nenhuma chamada", "answer": "resposta",
           "answers": "respostas"},
}  # fmt: skip
_BINDINGS: dict[str, dict[Binding, str]] = {
    "en": {
        Binding.NO_AGENTS: "no agent can take a call",
        Binding.LAW: "the law's cap leaves nothing to abandon: one call for each free agent",
        Binding.RISK: "one more would meet no agent with a chance of {risk} %, which costs more than it saves",
        Binding.BUDGET: "one more would meet no agent with a chance of {risk} %, too dear with {abandoned} abandoned "
        "of {answered}",
        Binding.LEARNING: "no more until the answer rate is better known",
        Binding.LINES: "no line is left ({wanted} wanted)",
        Binding.LEADS: "no lead is left ({wanted} wanted)",
        Binding.CLOSING: "dialling closes before an answer could be served",
        Binding.FROZEN: "frozen: {detail}",
        Binding.OCCUPANCY: "the agents have reached their ceiling of occupancy",
        Binding.FREE_AGENTS: "the policy allows no more for the free agents",
        Binding.RATE: "the policy places no more at this instant",
        Binding.MOST: "the most for one decision",
    },
    "es": {
        Binding.NO_AGENTS: "ningún agente puede tomar una llamada",
        Binding.LAW: "el tope legal no deja abandonar ninguna más: una llamada por agente libre",
        Binding.RISK: "una más no encontraría agente con probabilidad de {risk} %, y costaría más de lo que ahorra",
        Binding.BUDGET: "una más no encontraría agente con probabilidad de {risk} %, demasiado con {abandoned} "
        "abandonadas de {answered}",
        Binding.LEARNING: "no más hasta conocer mejor la tasa de respuesta",
        Binding.LINES: "no quedan líneas ({wanted} deseadas)",
        Binding.LEADS: "no quedan registros ({wanted} deseadas)",
        Binding.CLOSING: "el horario termina antes de poder atender una respuesta",
        Binding.FROZEN: "congelado: {detail}",
        Binding.OCCUPANCY: "los agentes alcanzaron su techo de ocupación",
        Binding.FREE_AGENTS: "la política no permite más para los agentes libres",
        Binding.RATE: "la política no hace más en este instante",
        Binding.MOST: "el máximo de una decisión",
    },
    "pt": {
        Binding.NO_AGENTS: "nenhum agente pode atender uma chamada",
        Binding.LAW: "o limite legal não deixa abandonar mais nenhuma: uma chamada por agente livre",
        Binding.RISK: "mais uma não encontraria agente com chance de {risk} %, e custaria mais do que poupa",
        Binding.BUDGET: "mais uma não encontraria agente com chance de {risk} %, demais com {abandoned} abandonadas "
        "de {answered}",
        Binding.LEARNING: "não mais até se conhecer melhor a taxa de respostas",
        Binding.LINES: "não há linhas livres ({wanted} desejadas)",
        Binding.LEADS: "não há registros ({wanted} desejadas)",
        Binding.CLOSING: "o horário termina antes de se poder atender uma resposta",
        Binding.FROZEN: "congelado: {detail}",
        Binding.OCCUPANCY: "os agentes atingiram o teto de ocupação",
        Binding.FREE_AGENTS: "a política não permite mais para os agentes livres",
        Binding.RATE: "a política não faz mais neste instante",
        Binding.MOST: "o máximo de uma decisão",
    },
}
LOCALES = tuple(_FIGURES)
_WHOLE = {
    language: {binding: f"{_FIGURES[language]}; {text}" for binding, text in bindings.items()}
    for language, bindings in _BINDINGS.items()
}


def sentence(decision: Decision, locale: str = "en") -> str:
    """The decision in one sentence; locale is en, es or pt (a region after it, as in es-MX, is ignored).

    Raises ValueError for another language.
    """
    language = locale if locale in _FIGURES else locale.replace("_", "-").split("-")[0].lower()
    if language not in _FIGURES:
        raise ValueError(f"no sentences in {locale!r}; there are {', '.join(LOCALES)}")
    why, words = decision.why, _WORDS[language]
    figures = {
        "calls": _count(decision.calls, words),
        "free": why.free,
        "frees": _decimal(why.frees, language),
        "within": f"{why.within_s:g}",
        "in_flight": why.in_flight,
        "answers": _decimal(why.answers, language),
        "answer_word": words["answer" if abs(why.answers - 1) < 0.05 else "answers"],
        "ratio": _decimal(100 * why.ratio, language),
        "cap": _decimal(100 * why.cap, language),
        "risk": _decimal(100 * why.risk, language),
        "abandoned": why.abandoned,
        "answered": why.answered,
        "wanted": why.wanted,
        "detail": why.detail,
    }
    return _WHOLE[language][why.binding].format_map(figures)


def _count(calls: int, words: dict[str, str]) -> str:
    if calls == 0:
        return words["no"]
    return f"{calls} {words['call' if calls == 1 else 'calls']}"


def _decimal(value: float, language: str) -> str:
    text = f"{value:.1f}"
    return text if language == "en" else text.replace(".", ",")
