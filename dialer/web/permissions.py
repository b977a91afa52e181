"""Who may do what: one table from roles to permissions, and one from every route and page to the permission it needs.

A route that does not stand in ROUTES is open to administrators alone, and a test fails that names it. Nothing here
looks at a request: `access` does.
"""

from collections.abc import Mapping
from enum import StrEnum


class Who(StrEnum):
    """What a signed-in person is here for."""

    ADMINISTRATOR = "administrator"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"  # of quality
    ENGINEER = "engineer"
    AUDITOR = "auditor"
    CLIENT = "client"
    AGENT = "agent"


class Permission(StrEnum):
    """What may be done. An API token's scopes are of these."""

    OPEN = "open"  # without signing in
    SIGNED_IN = "signed_in"  # whoever is
    DESK = "desk"  # an agent's own work
    FLOOR_READ = "floor.read"
    FLOOR_RUN = "floor.run"  # stop and resume all dialling, help agents
    CAMPAIGNS_READ = "campaigns.read"
    CAMPAIGNS_RUN = "campaigns.run"  # start, pause, change while it dials
    CAMPAIGNS_WRITE = "campaigns.write"
    LEADS_READ = "leads.read"
    LEADS_WRITE = "leads.write"
    LISTS_WRITE = "lists.write"  # import and take back
    NUMBERS_READ = "numbers.read"  # whole numbers; without it they are masked
    CALLS_READ = "calls.read"
    RECORDINGS_READ = "recordings.read"
    RECORDINGS_WRITE = "recordings.write"
    QUALITY_READ = "quality.read"
    QUALITY_WRITE = "quality.write"
    REPORTS_READ = "reports.read"
    EXPORTS = "exports"  # take personal data out as files
    AGENTS_READ = "agents.read"
    AGENTS_WRITE = "agents.write"
    TRUNKS_READ = "trunks.read"
    TRUNKS_WRITE = "trunks.write"
    LAW_READ = "law.read"  # do-not-call, restrictions, calling rules
    LAW_WRITE = "law.write"
    LAW_LIFT = "law.lift"  # let numbers be called again
    ACCOUNTS_WRITE = "accounts.write"
    CLIENTS_READ = "clients.read"
    CLIENTS_WRITE = "clients.write"
    USERS_READ = "users.read"
    USERS_WRITE = "users.write"
    AUDIT_READ = "audit.read"
    WEBHOOKS_WRITE = "webhooks.write"
    EVENTS_READ = "events.read"  # the stream of what happens
    OPERATIONS_READ = "operations.read"  # metrics, doctor
    OPERATIONS_RUN = "operations.run"
    STRATEGIES = "strategies"  # forecasts, experiments


P = Permission

_EVERYBODY = frozenset({P.OPEN, P.SIGNED_IN})
_SUPERVISOR = frozenset(
    {
        P.FLOOR_READ, P.FLOOR_RUN, P.CAMPAIGNS_READ, P.CAMPAIGNS_RUN, P.LEADS_READ, P.LEADS_WRITE, P.LISTS_WRITE,
        P.NUMBERS_READ, P.CALLS_READ, P.RECORDINGS_READ, P.QUALITY_READ, P.REPORTS_READ, P.AGENTS_READ, P.TRUNKS_READ,
        P.LAW_READ, P.LAW_WRITE, P.ACCOUNTS_WRITE, P.CLIENTS_READ, P.EVENTS_READ, P.STRATEGIES,
    }
)  # fmt: skip

ROLES: Mapping[Who, frozenset[Permission]] = {
    Who.ADMINISTRATOR: _EVERYBODY | (frozenset(P) - {P.DESK}),
    Who.SUPERVISOR: _EVERYBODY | _SUPERVISOR,
    Who.ANALYST: _EVERYBODY
    | {P.CAMPAIGNS_READ, P.CALLS_READ, P.RECORDINGS_READ, P.RECORDINGS_WRITE, P.QUALITY_READ, P.QUALITY_WRITE}
    | {P.LAW_READ, P.REPORTS_READ},
    Who.ENGINEER: _EVERYBODY
    | {P.FLOOR_READ, P.CAMPAIGNS_READ, P.CALLS_READ, P.REPORTS_READ, P.TRUNKS_READ, P.LAW_READ, P.EVENTS_READ}
    | {P.OPERATIONS_READ, P.STRATEGIES},
    Who.AUDITOR: _EVERYBODY
    | {P.CAMPAIGNS_READ, P.CALLS_READ, P.RECORDINGS_READ, P.QUALITY_READ, P.REPORTS_READ, P.AGENTS_READ, P.LAW_READ}
    | {P.CLIENTS_READ, P.USERS_READ, P.AUDIT_READ},
    Who.CLIENT: _EVERYBODY
    | {P.FLOOR_READ, P.CAMPAIGNS_READ, P.CALLS_READ, P.RECORDINGS_READ, P.REPORTS_READ, P.CLIENTS_READ}
    | {P.ACCOUNTS_WRITE, P.EVENTS_READ},
    Who.AGENT: _EVERYBODY | {P.DESK, P.NUMBERS_READ},
}
# What a user may be granted beside the role, or a token asked for.
GRANTABLE = frozenset(P) - {P.OPEN, P.SIGNED_IN, P.DESK}

# Operation id -> what it needs. A route of the desk needs DESK by its name.
ROUTES: dict[str, Permission] = {
    "signIn": P.OPEN,
    "health": P.OPEN,
    "readiness": P.OPEN,
    "whoAmI": P.SIGNED_IN,
    "signOut": P.SIGNED_IN,
    "floor": P.FLOOR_READ,
    "stopDialling": P.FLOOR_RUN,
    "resumeDialling": P.FLOOR_RUN,
    "listAlarms": P.FLOOR_READ,
    "acknowledgeAlarm": P.FLOOR_RUN,
    "monitor": P.FLOOR_RUN,
    "floorPhone": P.FLOOR_RUN,
    "endMonitor": P.FLOOR_RUN,
    "takeOver": P.FLOOR_RUN,
    "pauseAgent": P.FLOOR_RUN,
    "readyAgent": P.FLOOR_RUN,
    "signOutAgent": P.FLOOR_RUN,
    "moveAgent": P.FLOOR_RUN,
    "sendMessage": P.FLOOR_RUN,
    "trunkMinutes": P.TRUNKS_READ,
    "listTrunks": P.TRUNKS_READ,
    "rereadTrunks": P.TRUNKS_WRITE,
    "trunkReport": P.TRUNKS_READ,
    "trunkCosts": P.TRUNKS_READ,
    "testTrunk": P.TRUNKS_WRITE,
    "listCallerIds": P.TRUNKS_READ,
    "listCallerIdPools": P.TRUNKS_READ,
    "listCallerIdRests": P.TRUNKS_READ,
    "restCallerId": P.TRUNKS_WRITE,
    "stopCampaign": P.CAMPAIGNS_RUN,
    "campaignMinutes": P.CAMPAIGNS_READ,
    "campaignToday": P.CAMPAIGNS_READ,
    "setPlan": P.CAMPAIGNS_RUN,
    "listForecasts": P.CAMPAIGNS_READ,
    "listTrials": P.CAMPAIGNS_READ,
    "listCampaigns": P.CAMPAIGNS_READ,
    "getCampaign": P.CAMPAIGNS_READ,
    "addCampaign": P.CAMPAIGNS_WRITE,
    "changeCampaign": P.CAMPAIGNS_WRITE,
    "startCampaign": P.CAMPAIGNS_RUN,
    "pauseCampaign": P.CAMPAIGNS_RUN,
    "listChanges": P.CAMPAIGNS_READ,
    "addChange": P.CAMPAIGNS_RUN,
    "rollBackChange": P.CAMPAIGNS_RUN,
    "listDecisions": P.CAMPAIGNS_READ,
    "whyCampaign": P.CAMPAIGNS_READ,
    "forecast": P.STRATEGIES,
    "forecastReady": P.STRATEGIES,
    "callingHours": P.LAW_READ,
    "listRules": P.LAW_READ,
    "tryRules": P.LAW_READ,
    "leadWeek": P.LAW_READ,
    "whyLead": P.LAW_READ,
    "whyLeads": P.LAW_READ,
    "listAgents": P.AGENTS_READ,
    "addAgent": P.AGENTS_WRITE,
    "listCalls": P.CALLS_READ,
    "getCall": P.CALLS_READ,
    "listOpenWrapUps": P.CALLS_READ,
    "getLead": P.SIGNED_IN,  # with LEADS_READ any of one's campaigns; an agent the one on the line
    "dialLeadNow": P.LEADS_WRITE,
    "tellAccounts": P.ACCOUNTS_WRITE,
    "listRestrictions": P.LAW_READ,
    "addRestriction": P.LAW_WRITE,
    "liftRestriction": P.LAW_WRITE,
    "listDoNotCallLists": P.LAW_READ,
    "defineDoNotCallList": P.LAW_LIFT,
    "listDoNotCall": P.LAW_READ,
    "addDoNotCall": P.LAW_WRITE,
    "readMessage": P.LAW_WRITE,
    "removeDoNotCall": P.LAW_LIFT,
    "checkDoNotCall": P.LAW_READ,
    "dayReport": P.REPORTS_READ,
    "detectionReport": P.REPORTS_READ,
    "listDetectionAudits": P.RECORDINGS_READ,
    "detectionAuditAudio": P.RECORDINGS_READ,
    "detectionAuditAccess": P.AUDIT_READ,
    "judgeDetectionAudit": P.QUALITY_WRITE,
    "holdDetectionAudit": P.RECORDINGS_WRITE,
    "listUsers": P.USERS_READ,
    "getUser": P.USERS_READ,
    "addUser": P.USERS_WRITE,
    "changeUser": P.USERS_WRITE,
    "resetTotp": P.USERS_WRITE,
    "listSessions": P.SIGNED_IN,  # one's own; with USERS_READ everybody's
    "revokeSession": P.SIGNED_IN,
    "addToken": P.SIGNED_IN,
    "newTotp": P.SIGNED_IN,
    "confirmTotp": P.SIGNED_IN,
    "changePassword": P.SIGNED_IN,
    "listAudit": P.AUDIT_READ,
    "listClients": P.CLIENTS_READ,
    "getClient": P.CLIENTS_READ,
    "addClient": P.CLIENTS_WRITE,
    "changeClient": P.CLIENTS_WRITE,
    "listLeads": P.LEADS_READ,
    "changeLead": P.LEADS_WRITE,
    "changeLeads": P.LEADS_WRITE,
    "exportLeads": P.EXPORTS,
    "previewImport": P.LISTS_WRITE,
    "importLeads": P.LISTS_WRITE,
    "listImports": P.CAMPAIGNS_READ,
    "undoImport": P.LISTS_WRITE,
    "rejectedRows": P.EXPORTS,
    "cloneCampaign": P.CAMPAIGNS_WRITE,
    "compareCampaigns": P.CAMPAIGNS_READ,
    "listSchedules": P.CAMPAIGNS_READ,
    "addSchedule": P.CAMPAIGNS_WRITE,
    "removeSchedule": P.CAMPAIGNS_WRITE,
    "archiveCampaign": P.CAMPAIGNS_WRITE,
    "unarchiveCampaign": P.CAMPAIGNS_WRITE,
    "exportAgents": P.AGENTS_WRITE,
    "loadAgents": P.AGENTS_WRITE,
    "getAgent": P.AGENTS_READ,
    "changeAgent": P.AGENTS_WRITE,
    "listWebhooks": P.WEBHOOKS_WRITE,
    "getWebhook": P.WEBHOOKS_WRITE,
    "addWebhook": P.WEBHOOKS_WRITE,
    "changeWebhook": P.WEBHOOKS_WRITE,
    "removeWebhook": P.WEBHOOKS_WRITE,
    "listDeadDeliveries": P.WEBHOOKS_WRITE,
    "retryDeadDeliveries": P.WEBHOOKS_WRITE,
    "letGoDeadDeliveries": P.WEBHOOKS_WRITE,
    "listEvents": P.EVENTS_READ,
    "metrics": P.OPERATIONS_READ,
    "doctor": P.OPERATIONS_READ,
    "listRecordings": P.RECORDINGS_READ,
    "recordingAudio": P.RECORDINGS_READ,
    "completeSearch": P.RECORDINGS_READ,
    "recordingsTable": P.EXPORTS,
    "recordingsPlaylist": P.RECORDINGS_READ,
    "savedSearches": P.RECORDINGS_READ,
    "saveSearch": P.RECORDINGS_READ,
    "removeSearch": P.RECORDINGS_READ,
    "recording": P.RECORDINGS_READ,
    "recordingLink": P.RECORDINGS_READ,
    "linkedAudio": P.OPEN,  # the link's signature says who may
    "recordingBundle": P.EXPORTS,
    "recordingAccess": P.AUDIT_READ,
    "clipComment": P.QUALITY_READ,
    "clipAudio": P.OPEN,  # as with a link
    "addComment": P.QUALITY_WRITE,
    "removeComment": P.QUALITY_WRITE,
    "muteParts": P.RECORDINGS_WRITE,
    "holdRecording": P.RECORDINGS_WRITE,
    "putTranscript": P.RECORDINGS_WRITE,
    "listForms": P.QUALITY_READ,
    "saveForm": P.QUALITY_WRITE,
    "listPlans": P.QUALITY_READ,
    "savePlan": P.QUALITY_WRITE,
    "drawPlan": P.QUALITY_WRITE,
    "listQueue": P.QUALITY_READ,
    "claimTask": P.QUALITY_WRITE,
    "giveBackTask": P.QUALITY_WRITE,
    "evaluate": P.QUALITY_WRITE,
    "listEvaluations": P.QUALITY_READ,
    "upholdEvaluation": P.QUALITY_WRITE,
    "listEvaluators": P.QUALITY_READ,
    "listCalibrations": P.QUALITY_READ,
    "beginCalibration": P.QUALITY_WRITE,
    "closeCalibration": P.QUALITY_WRITE,
    "calibration": P.QUALITY_READ,
    "qualityTrends": P.QUALITY_READ,
    "qualityPareto": P.QUALITY_READ,
    "qualityLinks": P.QUALITY_READ,
    "qualityOutcomes": P.QUALITY_READ,
    "listSaidRules": P.QUALITY_READ,
    "saveSaidRule": P.QUALITY_WRITE,
    "removeSaidRule": P.QUALITY_WRITE,
    "trySaidRule": P.QUALITY_READ,
}

# Topic of the live view -> what it needs.
TOPICS: dict[str, Permission] = {
    "floor": P.FLOOR_READ,
    "floor_changes": P.FLOOR_READ,
    "desk": P.DESK,
    "lead": P.DESK,
    "wrap_up": P.DESK,
    "events": P.EVENTS_READ,
}

# Page -> what it needs, in the order of the frame.
PAGES: dict[str, Permission] = {
    "/": P.FLOOR_READ,
    "/decisions": P.CAMPAIGNS_READ,
    "/wallboard": P.FLOOR_READ,
    "/recordings": P.RECORDINGS_READ,
    "/recordings/{call}": P.RECORDINGS_READ,
    "/quality": P.QUALITY_READ,
    "/quality/results": P.QUALITY_READ,
    "/quality/disputes": P.QUALITY_READ,
    "/quality/calibration": P.QUALITY_READ,
    "/quality/machines": P.QUALITY_READ,
    "/quality/rules": P.QUALITY_READ,
    "/quality/forms": P.QUALITY_READ,
    "/quality/detection": P.QUALITY_READ,
    "/calling-hours": P.LAW_READ,
    "/desk": P.DESK,
    "/my-scores": P.DESK,
    "/admin": P.CAMPAIGNS_WRITE,
    "/admin/campaigns": P.CAMPAIGNS_READ,
    "/admin/campaigns/{campaign}": P.CAMPAIGNS_READ,  # its forms are for who may use each
    "/admin/agents": P.AGENTS_WRITE,
    "/admin/trunks": P.TRUNKS_READ,
    "/admin/caller-ids": P.TRUNKS_READ,
    "/admin/rules": P.LAW_READ,
    "/admin/users": P.USERS_READ,
    "/admin/webhooks": P.WEBHOOKS_WRITE,
    "/admin/audit": P.AUDIT_READ,
    "/admin/doctor": P.OPERATIONS_READ,
    "/account": P.SIGNED_IN,
    "/sign-in": P.OPEN,
}


def needed(operation: str) -> Permission | None:
    """What a route needs; None where it is not said: then administrators alone."""
    if operation.startswith("desk"):
        return Permission.DESK
    return ROUTES.get(operation)


def permissions_of(
    who: Who, grants: frozenset[str] = frozenset(), scopes: frozenset[str] | None = None
) -> frozenset[Permission]:
    """What a role may do with what a user was granted beside it, as far as a token's scopes reach (None = all)."""
    held = ROLES[who] | {Permission(one) for one in grants if one in GRANTABLE}
    if scopes is None:
        return held
    return held & ({Permission(one) for one in scopes if one in GRANTABLE} | {Permission.OPEN, Permission.SIGNED_IN})
