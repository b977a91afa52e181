"""The dialer's own AGI scripts: agents sign in and out from any phone, persons opt out.

Each is a plain function of an `asterisk.agi.AGI` and an `AgiRequest`, run in a thread of its own; another is written
the same way and given to the server by name. They decide nothing about calls: what they learn they tell the engine.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from asterisk.agi import AGI

from dialer.asterisk.agi_lockout import Lockout
from dialer.asterisk.agi_session import AgiRequest, Script
from dialer.core.ids import AgentId, CallId, LegId
from dialer.core.messages import AgentDialledIn, AgentSignedOut, OptedOut
from dialer.ports import Tell

Verify = Callable[[str, str], AgentId | Awaitable[AgentId | None] | None]
"""Code and PIN to the agent they belong to. A plain function may take its time: it runs in the script's thread."""

TRIES = 3
TYPING_MS = 6000
CODE_DIGITS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentScripts:
    """Sign-in and sign-out by agent code and PIN."""

    verify: Verify
    tell: Tell
    clock: Callable[[], float]  # seconds from any origin
    lockout: Lockout = field(default_factory=Lockout)

    def sign_in(self, agi: AGI, call: AgiRequest) -> None:
        """Ask for code and PIN; then the dialplan finds DIALER_AGENT set and lets the agent wait for calls.

        Where it is not set the dialplan says good-bye.
        """
        agent = self._identify(agi, call)
        if agent is None:
            return
        agi.stream_file("agent-loginok")
        agi.set_variable("DIALER_AGENT", str(agent))
        call.in_loop(self.tell, AgentDialledIn(agent, LegId(call.uniqueid)))

    def sign_out(self, agi: AGI, call: AgiRequest) -> None:
        """Ask for code and PIN again: nobody signs a colleague out."""
        agent = self._identify(agi, call)
        if agent is not None:
            call.in_loop(self.tell, AgentSignedOut(agent))
            agi.set_variable("DIALER_SIGNED_OUT", "yes")
            agi.stream_file("agent-loggedoff")

    def _identify(self, agi: AGI, call: AgiRequest) -> AgentId | None:
        """The agent, or None after three wrong tries or while locked out. A locked caller is told nothing more."""
        phone = f"phone {call.channel.rpartition('-')[0]}"
        for _ in range(TRIES):
            code = agi.get_data("agent-user", TYPING_MS, CODE_DIGITS_MAX)
            pin = agi.get_data("agent-pass", TYPING_MS, CODE_DIGITS_MAX)
            if code and pin:
                keys = (f"code {code}", phone)
                if not call.in_loop(self.lockout.admit, keys, self.clock()):
                    return None
                agent = self._verified(call, code, pin)
                if agent is not None:
                    call.in_loop(self.lockout.succeeded, keys)
                    return agent
            agi.stream_file("agent-incorrect")
        return None

    def _verified(self, call: AgiRequest, code: str, pin: str) -> AgentId | None:
        found = self.verify(code, pin)
        return call.wait_for(found) if isinstance(found, Awaitable) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutScript:
    """A person's wish not to be called again, after the dialplan has read the key."""

    call_of: Callable[[str], CallId | None]  # by the channel's unique id
    tell: Tell

    def opt_out(self, agi: AGI, call: AgiRequest) -> None:
        """Tell it; only then the dialplan, which keeps the wish until it finds DIALER_OPTED_OUT set."""
        ours = self.call_of(call.uniqueid) or _adopted(call)
        if ours is None:
            agi.verbose("opt-out: the channel carries no call of this dialer", 1)
            return
        call.in_loop(self.tell, OptedOut(ours))
        agi.set_variable("DIALER_OPTED_OUT", "yes")


def _adopted(call: AgiRequest) -> CallId | None:
    """The call that a caller's channel was adopted as, which the dialplan gives as the second argument."""
    given = call.arguments.get("2", "")
    return CallId(int(given)) if given.isdecimal() else None


def routes(agents: AgentScripts, opt_out: OptOutScript) -> dict[str, Script]:
    """The scripts by the names that the dialplan calls."""
    return {"sign-in": agents.sign_in, "sign-out": agents.sign_out, "opt-out": opt_out.opt_out}
