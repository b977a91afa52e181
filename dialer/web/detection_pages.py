"""The page of answering machine detection: how it fares, and its settings."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from dialer.core.detection import OnMachine
from dialer.web.access import TheConsole
from dialer.web.campaign_routes import list_campaigns
from dialer.web.detection_routes import detection_report
from dialer.web.pages import Looker, shown
from dialer.web.permissions import Permission

router = APIRouter(include_in_schema=False)

_DAY_S = 86_400.0
_DAYS = (1, 7, 30)


@router.get("/quality/detection")
async def detection(request: Request, console: TheConsole, session: Looker) -> Response:
    """One campaign's detection in the last days; the first that detects, where none is named."""
    campaigns = await list_campaigns(session, console, archived=False)
    named, days = request.query_params.get("campaign", ""), request.query_params.get("days", "")
    chosen = next((one for one in campaigns if str(one.id) == named), None)
    chosen = chosen or next((one for one in campaigns if one.detection["on"]), None) or next(iter(campaigns), None)
    over = next((one for one in _DAYS if str(one) == days), _DAYS[0])
    given: dict[str, object] = {
        "campaigns": campaigns,
        "campaign": chosen,
        "days": over,
        "spans": _DAYS,
        "gets": list(OnMachine),
    }
    if chosen is not None:
        now = console.now()
        given |= {
            "report": await detection_report(chosen.id, session, console, now - over * _DAY_S, now),
            "sets": session.may(Permission.CAMPAIGNS_WRITE),
        }
    return shown(request, console, session, "quality_detection.html", given)
