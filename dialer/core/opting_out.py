"""For whom somebody who asked not to be called is forbidden: everybody, the client, or the campaign alone. Pure."""

from dialer.core.calls import Call
from dialer.core.ids import CallId
from dialer.core.messages import AddDoNotCall
from dialer.core.model import Campaign, OptOut


def forbidding(call: Call, source: str) -> AddDoNotCall:
    """What forbids the number of a call to those for whom its campaign says so. `source`: who was told."""
    assert call.lead is not None
    return forbidding_number(call.lead.number, call.campaign, source, call.id)


def forbidding_number(number: str, campaign: Campaign, source: str, call: CallId | None = None) -> AddDoNotCall:
    """The same of a number, by whichever way its person told us."""
    match campaign.opt_out:
        case OptOut.EVERYBODY:
            return AddDoNotCall(number, source, call)
        case OptOut.CLIENT:
            return AddDoNotCall(number, f"{source}.client-{campaign.client}", call, client=campaign.client)
        case OptOut.CAMPAIGN:
            return AddDoNotCall(number, f"{source}.campaign-{campaign.id}", call, campaign=campaign.id)
