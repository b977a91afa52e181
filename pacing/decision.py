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
    failures: int = 0  # calls in a row that failed at once
    detail: str = ""  # why it was frozen by hand, or a policy's own figure

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
    "en": "{calls}: {free}, {frees} more expected within {within} s; {in_flight}; budget {ratio} % of {cap} %",
    "es": "{calls}: {free}, {frees} más previstos en {within} s; {in_flight}; abandono {ratio} % (tope {cap} %)",
    "pt": "{calls}: {free}, mais {frees} previstos em {within} s; {in_flight}; abandono {ratio} % (teto {cap} %)",
}
_WORDS = {
    "en": {"call": "{n} call", "calls": "{n} calls", "no call": "no calls",
           "free": "{n} agent free now", "many free": "{n} agents free now", "none free": "no agent free now",
           "waits": "no agent for {n} caller who waits", "wait": "no agent for {n} callers who wait",
           "flies": "{n} in flight should bring {answers}", "fly": "{n} in flight should bring {answers}",
           "none flies": "none in flight",
           "answer": "{n} answer", "answers": "{n} answers"},
    "es": {"call": "{n} llamada", "calls": "{n} llamadas", "no call": "ninguna llamada",
           "free": "{n} agente libre ahora", "many free": "{n} agentes libres ahora",
           "none free": "ningún agente libre ahora",
           "waits": "sin agente para {n} persona que espera", "wait": "sin agente para {n} personas que esperan",
           "flies": "{n} en curso debería traer {answers}", "fly": "{n} en curso deberían traer {answers}",
           "none flies": "ninguna en curso",
           "answer": "{n} respuesta", "answers": "{n} respuestas"},
    "pt": {"call": "{n} chamada", "calls": "{n} chamadas", "no call": "nenhuma chamada",
           "free": "{n} agente livre agora", "many free": "{n} agentes livres agora",
           "none free": "nenhum agente livre agora",
           "waits": "sem agente para {n} pessoa que espera", "wait": "sem agente para {n} pessoas que esperam",
           "flies": "{n} em curso deve trazer {answers}", "fly": "{n} em curso devem trazer {answers}",
           "none flies": "nenhuma em curso",
           "answer": "{n} resposta", "answers": "{n} respostas"},
}  # fmt: skip
_BINDINGS: dict[str, dict[Binding, str]] = {
    "en": {
        Binding.NO_AGENTS: "no agent can take a call",
        Binding.LAW: "the law's cap leaves nothing to abandon: one call for each free agent",
        Binding.RISK: "one more would meet no agent with a chance of {risk} %, which costs more than it saves",
        Binding.BUDGET: "one more would meet no agent with a chance of {risk} %, too dear with {abandoned} abandoned "
        "of {answered}",
        Binding.LEARNING: "no more until the answer rate is better known",
        Binding.LINES: "no line is left (otherwise {wanted})",
        Binding.LEADS: "no lead is at hand (otherwise {wanted})",
        Binding.CLOSING: "dialling closes before an answer could be served",
        Binding.FROZEN: "frozen: {frozen}",
        Binding.OCCUPANCY: "the agents have reached their ceiling of occupancy",
        Binding.FREE_AGENTS: "the policy allows no more for the free agents",
        Binding.RATE: "the policy places no more at this instant",
        Binding.MOST: "that is the most for one decision",
    },
    "es": {
        Binding.NO_AGENTS: "ningún agente puede tomar una llamada",
        Binding.LAW: "el tope legal no deja abandonar ninguna más: una llamada por agente libre",
        Binding.RISK: "una más quedaría sin agente con una probabilidad del {risk} %, y costaría más de lo que ahorra",
        Binding.BUDGET: "una más quedaría sin agente con una probabilidad del {risk} %, demasiado con {abandoned} "
        "abandonadas de {answered} contestadas",
        Binding.LEARNING: "no más hasta conocer mejor la tasa de respuesta",
        Binding.LINES: "no quedan líneas libres (si no, {wanted})",
        Binding.LEADS: "no hay registros a mano (si no, {wanted})",
        Binding.CLOSING: "el horario termina antes de poder atender una respuesta",
        Binding.FROZEN: "marcado congelado: {frozen}",
        Binding.OCCUPANCY: "los agentes alcanzaron su techo de ocupación",
        Binding.FREE_AGENTS: "la política no permite más para los agentes libres",
        Binding.RATE: "la política no marca más en este instante",
        Binding.MOST: "es el máximo por decisión",
    },
    "pt": {
        Binding.NO_AGENTS: "nenhum agente pode atender uma chamada",
        Binding.LAW: "o teto legal não deixa abandonar mais nenhuma: uma chamada por agente livre",
        Binding.RISK: "mais uma ficaria sem agente com probabilidade de {risk} %, e custaria mais do que poupa",
        Binding.BUDGET: "mais uma ficaria sem agente com probabilidade de {risk} %, demais com {abandoned} abandonadas "
        "de {answered} atendidas",
        Binding.LEARNING: "não mais até se conhecer melhor a taxa de respostas",
        Binding.LINES: "não há mais linhas livres (senão, {wanted})",
        Binding.LEADS: "não há registros à mão (senão, {wanted})",
        Binding.CLOSING: "o horário termina antes de se poder atender uma resposta",
        Binding.FROZEN: "discagem congelada: {frozen}",
        Binding.OCCUPANCY: "os agentes atingiram o teto de ocupação",
        Binding.FREE_AGENTS: "a política não permite mais para os agentes livres",
        Binding.RATE: "a política não disca mais neste instante",
        Binding.MOST: "é o máximo por decisão",
    },
}
_FAILED = {
    "en": "{n} calls in a row failed at once",
    "es": "{n} llamadas seguidas fallaron al instante",
    "pt": "{n} chamadas seguidas falharam na hora",
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
    why = decision.why
    figures = {
        "calls": _calls(decision.calls, language),
        "free": _free(why.free, language),
        "frees": _decimal(why.frees, language),
        "within": f"{why.within_s:g}",
        "in_flight": _in_flight(why, language),
        "ratio": _decimal(100 * why.ratio, language, why.cap),
        "cap": _decimal(100 * why.cap, language, why.cap),
        "risk": _decimal(100 * why.risk, language),
        "abandoned": why.abandoned,
        "answered": why.answered,
        "wanted": _calls(why.wanted, language),
        "frozen": _FAILED[language].format(n=why.failures) if why.failures else why.detail,
    }
    return _WHOLE[language][why.binding].format_map(figures)


def _calls(calls: int, language: str) -> str:
    form = "no call" if calls == 0 else "call" if calls == 1 else "calls"
    return _WORDS[language][form].format(n=calls)


def _free(free: int, language: str) -> str:
    """Free agents; below 0 the callers who wait are more than those."""
    if free < 0:
        return _WORDS[language]["waits" if free == -1 else "wait"].format(n=-free)
    form = "none free" if free == 0 else "free" if free == 1 else "many free"
    return _WORDS[language][form].format(n=free)


def _in_flight(why: Why, language: str) -> str:
    words = _WORDS[language]
    if why.in_flight == 0 and why.answers < 0.05:
        return words["none flies"]
    answers = words["answer" if abs(why.answers - 1) < 0.05 else "answers"].format(n=_decimal(why.answers, language))
    return words["flies" if why.in_flight == 1 else "fly"].format(n=why.in_flight, answers=answers)


def _decimal(value: float, language: str, cap: float = 1.0) -> str:
    """With one decimal place, or two beside a cap below 1 %."""
    text = f"{value:.1f}" if cap >= 0.01 or cap == 0 else f"{value:.2f}"
    return text if language == "en" else text.replace(".", ",")
