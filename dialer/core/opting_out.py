"""For whom somebody who asked not to be called is forbidden: everybody, the client, or the campaign alone. Pure."""

from dialer.core.calls import Call
from dialer.core.messages import AddDoNotCall
from dialer.core.model import OptOut


def forbidding(call: Call, source: str) -> AddDoNotCall:
    """What forbids the number of a call to those for whom the campaign says so. `source`: who was told."""
    assert call.lead is not None
    number, campaign = call.lead.number, call.campaign
    match campaign.opt_out:
        case OptOut.EVERYBODY:
            return AddDoNotCall(number, source, call.id)
        case OptOut.CLIENT:
            return AddDoNotCall(number, f"{source}.client-{campaign.client}", call.id, client=campaign.client)
        case OptOut.CAMPAIGN:
            return AddDoNotCall(number, f"{source}.campaign-{campaign.id}", call.id, campaign=campaign.id)
