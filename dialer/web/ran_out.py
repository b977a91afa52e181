"""Wrap-ups that ended before the agent saved what was typed: what was complete is kept, the rest waits for its agent.

Complete is what the page could have sent at that moment, with every field left behind by the agent's own hand; a
promise whose figures only the page proposed, or that is being typed, is none. What the agent had saved is never
replaced by what was not.
"""

import asyncio

import structlog

from dialer.errors import StoreError
from dialer.store import WrapUp
from dialer.store.drafts import Draft
from dialer.web.console import Console
from dialer.web.hub import WRAP_UP, message
from dialer.web.problems import ProblemError, RefusedError
from dialer.web.saying import DisposedWith, WrapUpRanOut, say

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
SETTLE_S = 2.0  # a page sends what was typed last within half a second


async def settle(console: Console) -> None:
    """Look at each wrap-up that ran out, until cancelled."""
    while True:
        try:
            drafts = await console.store.drafts.ran_out(console.now() - SETTLE_S)
        except StoreError as error:
            log.warning("wrap-ups that ran out are not looked at", error=str(error))
            drafts = ()
        for draft in drafts:
            await _settle(console, draft)
        await asyncio.sleep(LOOK_EVERY_S)


async def _settle(console: Console, draft: Draft) -> None:
    try:
        standing = await _stand(console, draft)
    except StoreError as error:  # looked at again: nothing of a draft is lost meanwhile
        log.warning("a wrap-up that ran out is not kept yet", call=draft.call, error=str(error))
        return
    told = WrapUpRanOut(call=draft.call, standing=standing)
    console.hub.tell_desks([draft.agent], message(WRAP_UP, told), WRAP_UP)
    log.info("wrap-up ran out", call=draft.call, agent=draft.agent, standing=standing.value)


async def _stand(console: Console, draft: Draft) -> WrapUp:
    standing = await _kept(console, draft)
    if standing is WrapUp.OPEN:
        await console.store.drafts.stand(draft, standing)
    return standing


async def _kept(console: Console, draft: Draft) -> WrapUp:
    """Keep what was complete. What the rules, the engine or the account refuse by now is the agent's to mend."""
    record = await console.store.calls.get(draft.call)
    if not draft.typed.disposition or record is None or record.disposition or not draft.talked:
        return WrapUp.OPEN
    try:
        body = DisposedWith.model_validate_json(draft.typed.disposition)
        await say(console, draft.agent, body, unconfirmed=True)
    except StoreError:
        raise
    except (ProblemError, RefusedError, ValueError) as error:
        log.info("what a wrap-up left cannot be kept as it stands", call=draft.call, why=_why(error))
        return WrapUp.OPEN
    return WrapUp.UNCONFIRMED


def _why(error: Exception) -> str:
    """The reason without what was typed."""
    match error:
        case ProblemError():
            return error.code
        case RefusedError():
            return error.refused.code
        case _:
            return type(error).__name__
