"""Checks who wants to sign in, with delays that grow for those who guess. Holds no session: `sessions` does."""

import ipaddress
import json
from collections import OrderedDict
from collections.abc import Callable

from dialer.store import AgentLogin, AuditEntry, Role, Store, User
from dialer.web.lockout import Lockout
from dialer.web.passwords import Verifier
from dialer.web.problems import ProblemError
from dialer.web.totp import matching_step

_KNOWN_MAX = 20_000


class Doorkeeper:
    """Verifies names and secrets.

    Tries are counted by name and address together (strictly), by name (a guesser at many addresses) and by address
    (a guesser of many names; many agents share one address). Who came in from an address before is not kept out of it
    by guessers elsewhere: else whoever knows a name could lock its owner out.
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._verifier = Verifier()
        self._pair = Lockout(free=5)
        self._name = Lockout(free=30)
        self._address = Lockout(free=100)
        self._met: OrderedDict[str, None] = OrderedDict()  # name and address of who came in, the latest last

    async def by_login(self, login: str, password: str, address: str, totp: str = "") -> User | AgentLogin:
        """The user or agent of that login. Raises ProblemError: too_many_tries, sign_in_failed, totp_needed."""
        counted = self._count(f"login:{login.casefold()}", address)
        person: User | AgentLogin | None = await self._store.users.by_login(login)
        if person is None:
            person = await self._store.agents.by_login(login)
        try:
            return await self._verified(person, person.password_hash if person else "", password, counted, totp)
        except ProblemError as problem:
            await self._note_refused(person, address, problem)
            raise

    async def by_code(self, code: str, pin: str, address: str) -> User | AgentLogin:
        """The agent of that code. Raises ProblemError: too_many_tries, sign_in_failed."""
        counted = self._count(f"code:{code}", address)
        person = await self._store.agents.by_code(code)
        try:
            return await self._verified(person, person.pin_hash if person else "", pin, counted)
        except ProblemError as problem:
            await self._note_refused(person, address, problem)
            raise

    async def check_present(self, user: User, password: str, address: str) -> None:
        """That who is signed in knows the password too; guesses count as those of signing in do.

        Raises ProblemError: too_many_tries, forbidden.
        """
        counted = self._count(f"login:{user.login.casefold()}", address)
        if not await self._verifier.matches(user.password_hash, password):
            await self._note_refused(user, address)
            raise ProblemError("wrong_password")
        self._forgive(counted)

    async def _second(self, user: User, code: str) -> None:
        """Check the one-time code; each is good once. The try stays counted until it is right."""
        if not code:
            raise ProblemError("totp_needed")
        step = matching_step(user.totp_secret, code, self._now())
        if step is None or not await self._store.users.use_totp(user.id, step):
            raise ProblemError("sign_in_failed")

    def _count(self, name: str, address: str) -> tuple[tuple[Lockout, str], ...]:
        now, where = self._now(), _place(address)
        pair = f"{where} {name}"
        counted: tuple[tuple[Lockout, str], ...] = (self._pair, pair), (self._address, where)
        if pair not in self._met:
            counted = *counted, (self._name, name)
        wait_s = max(lockout.wait_s(key, now) for lockout, key in counted)
        if wait_s > 0:
            seconds = int(wait_s) + 1
            raise ProblemError("too_many_tries", f"try again in {seconds} s", headers={"Retry-After": str(seconds)})
        for lockout, key in counted:
            lockout.begin(key, now)
        return counted

    async def _verified(
        self,
        person: User | AgentLogin | None,
        kept: str,
        secret: str,
        counted: tuple[tuple[Lockout, str], ...],
        totp: str = "",
    ) -> User | AgentLogin:
        good = await self._verifier.matches(kept, secret)
        if person is None or not good or not person.active or _of_no_client(person):
            raise ProblemError("sign_in_failed")
        if isinstance(person, User) and person.totp_secret:
            await self._second(person, totp)
        self._forgive(counted)
        return person

    def _forgive(self, counted: tuple[tuple[Lockout, str], ...]) -> None:
        """The secret was right: of the name nothing stays counted, of the address one try less."""
        for lockout, key in counted:
            if lockout is self._address:
                lockout.forgive(key)
            else:
                lockout.clear(key)
        pair = counted[0][1]
        self._met[pair] = None
        self._met.move_to_end(pair)
        if len(self._met) > _KNOWN_MAX:
            self._met.popitem(last=False)

    async def _note_refused(
        self, person: User | AgentLogin | None, address: str, problem: ProblemError | None = None
    ) -> None:
        """Keep who was not let in. Of an unknown name nothing is kept: people type passwords there."""
        if problem is not None and problem.code == "totp_needed":
            return  # half way in
        name, who = _named(person)
        detail = json.dumps({"address": address})
        entry = AuditEntry(at=self._now(), by_whom=name, who=who, action="session.refused", detail=detail)
        await self._store.audit.add(entry)


def _named(person: User | AgentLogin | None) -> tuple[str, str]:
    """What somebody is called, and who it is."""
    if isinstance(person, AgentLogin):
        return person.agent.name, f"agent {person.agent.id}"
    return (person.name, f"user {person.id}") if person is not None else ("", "")


def _place(address: str) -> str:
    """What counts as one address: of IPv6 the whole network that a line has, else each guess could have its own."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(read, ipaddress.IPv4Address):
        return address
    return str(ipaddress.ip_network((int(read), 64), strict=False))


def _of_no_client(person: User | AgentLogin) -> bool:
    """A client's user without a client would see everybody's."""
    return isinstance(person, User) and person.role is Role.CLIENT and person.client is None
