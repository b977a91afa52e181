"""Checks who wants to sign in, with delays that grow for those who guess. Holds no session: `sessions` does."""

from collections.abc import Callable

from dialer.store import AgentLogin, Role, Store, User
from dialer.web.lockout import Lockout
from dialer.web.passwords import Verifier
from dialer.web.problems import ProblemError
from dialer.web.totp import matching_step


class Doorkeeper:
    """Verifies names and secrets.

    Tries are counted by name and address together (strictly), by name (a guesser at many addresses) and by address
    (a guesser of many names; many agents share one address).
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._verifier = Verifier()
        self._pair = Lockout(free=5)
        self._name = Lockout(free=30)
        self._address = Lockout(free=100)

    async def by_login(self, login: str, password: str, address: str, totp: str = "") -> User | AgentLogin:
        """The user or agent of that login. Raises ProblemError: too_many_tries, sign_in_failed, totp_needed."""
        counted = self._count(f"login:{login.casefold()}", address)
        person: User | AgentLogin | None = await self._store.users.by_login(login)
        if person is None:
            person = await self._store.agents.by_login(login)
        return await self._verified(person, person.password_hash if person else "", password, counted, totp)

    async def by_code(self, code: str, pin: str, address: str) -> User | AgentLogin:
        """The agent of that code. Raises ProblemError: too_many_tries, sign_in_failed."""
        counted = self._count(f"code:{code}", address)
        person = await self._store.agents.by_code(code)
        return await self._verified(person, person.pin_hash if person else "", pin, counted)

    async def check_present(self, user: User, password: str, address: str) -> None:
        """That who is signed in knows the password too; guesses count as those of signing in do.

        Raises ProblemError: too_many_tries, forbidden.
        """
        (pair, key), (name, login), (far, where) = self._count(f"login:{user.login.casefold()}", address)
        if not await self._verifier.matches(user.password_hash, password):
            raise ProblemError("forbidden", "the present password is another")
        pair.clear(key)
        name.clear(login)
        far.forgive(where)

    async def _second(self, user: User, code: str) -> None:
        """Check the one-time code; each is good once. The try stays counted until it is right."""
        if not code:
            raise ProblemError("totp_needed")
        step = matching_step(user.totp_secret, code, self._now())
        if step is None or not await self._store.users.use_totp(user.id, step):
            raise ProblemError("sign_in_failed")

    def _count(self, name: str, address: str) -> tuple[tuple[Lockout, str], ...]:
        now = self._now()
        counted = (self._pair, f"{address} {name}"), (self._name, name), (self._address, address)
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
        pair, name, address = counted
        pair[0].clear(pair[1])
        name[0].clear(name[1])
        address[0].forgive(address[1])
        return person


def _of_no_client(person: User | AgentLogin) -> bool:
    """A client's user without a client would see everybody's."""
    return isinstance(person, User) and person.role is Role.CLIENT and person.client is None
