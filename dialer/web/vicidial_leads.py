"""VICIdial's calls about leads and do-not-call numbers."""

import json
import re

from dialer.core.messages import ListChanged
from dialer.core.model import Campaign
from dialer.leads.numbers import country_of, read_number
from dialer.leads.vicidial import DONE
from dialer.store import LeadView
from dialer.store.lead_changes import Known, LeadChange
from dialer.store.loading import NewLead, NewPhone
from dialer.web import vicidial_words as words
from dialer.web.lead_trail import change_entry
from dialer.web.permissions import Permission
from dialer.web.vicidial_asked import SOUGHT, Asked, RefusedInWords
from dialer.web.views import masked_within

FOUND_MAX = 1_000
_SOUGHT_MAX = 100  # numbers of one search
_OWN_MAX = 50  # columns that VICIdial does not have, of one request
_ANYBODY = "SYSTEM_INTERNAL"  # what VICIdial calls the do-not-call list of the whole house
_TAKEN = {  # what is no custom field, whatever a list's columns are called
    *words.LEAD, *SOUGHT, "user", "pass", "source", "function", "custom_fields", "search_method", "search_location",
    "insert_if_not_found", "no_update", "delete_lead", "records", "duplicate_check", words.STATUS,
}  # fmt: skip


class AskedOfLeads(Asked):
    """Leads come in, change and are found; numbers go on the house's do-not-call list."""

    async def add_lead(self) -> str:
        return f"SUCCESS: add_lead LEAD HAS BEEN ADDED - {await self._added(await self._campaign())}"

    async def _added(self, campaign: Campaign) -> str:
        home, now = country_of(campaign), self._console.now()
        number = self._valid(home)
        same = await self._store.leads.find(campaign.id, number, limit=1) if self._text("duplicate_check") else ()
        if same:
            told = f"{self._plain('phone_number')}|{campaign.id}|{same[0].id}"
            raise RefusedInWords(f"DUPLICATE PHONE NUMBER IN LIST - {told}")
        account = self._text("vendor_lead_code")[:80] or f"tel-{number}"
        phones = self._phones(number, home)
        name = " ".join(filter(None, (self._text("first_name"), self._text("last_name"))))[:80]
        fields = json.dumps(self._fields(), ensure_ascii=False)
        lead = NewLead(account, None, phones[0].country, phones, name, fields=fields)
        work = await self._store.imports.begin(campaign.id, "vicidial:add_lead", now)
        await self._store.imports.add(work, campaign, [lead], now)
        made = await self._made(campaign, account)
        priority = self._priority()
        if priority is not None:
            await self._change(made, LeadChange(priority=priority))
        await self._console.ask(ListChanged(campaign.id))
        self.touched |= {"campaign": campaign.id, "lead": made.id}
        return f"{self._plain('phone_number')}|{self._user}|{campaign.id}|{made.id}|0"

    async def _made(self, campaign: Campaign, account: str) -> LeadView:
        for one in await self._store.leads.find(campaign.id, account):
            if one.account is not None and one.account.external_id == account:
                return one
        raise RefusedInWords(f"LEAD NOT ADDED - {self._plain('phone_number')}|{self._user}")

    def _phones(self, number: str, home: str) -> tuple[NewPhone, ...]:
        """The lead's numbers: the first, and those that VICIdial keeps as alt_phone and address3."""
        further = [
            text for name in ("alt_phone", "address3") if re.fullmatch(r"[0-9 +().-]{6,24}", text := self._text(name))
        ]
        read = [read_number(number, None), *(self._number(home, text) for text in further)]
        known = {one.number: one for one in read if one.valid}
        return tuple(NewPhone(one.number, one.valid, one.country, one.zones, one.type.value) for one in known.values())

    def _fields(self) -> dict[str, str]:
        """What was given of the lead's own columns; with custom_fields, whatever else was given too."""
        names = [name for name in words.LEAD_FIELDS if name in self._given]
        if self._said("custom_fields"):
            own = [name for name in self._given if name not in _TAKEN and re.fullmatch(r"[\w.-]{1,80}", name)]
            names += own[:_OWN_MAX]
        status = self._text("status")
        return {name: self._text(name) for name in names} | ({words.STATUS: status[:80]} if status else {})

    def _priority(self) -> int | None:
        """Of `rank`, which counts upwards there; None where it is not given."""
        rank = self._text("rank")
        return max(0, min(9, 5 - int(rank))) if re.fullmatch(r"-?[0-9]{1,4}", rank) else None

    async def update_lead(self) -> str:
        """A status that VICIdial dials no more ends the lead, NEW opens it; any other is kept as a column."""
        lead = await self._found()
        if lead is None:
            return await self._not_there()
        number = self._shown(lead.phones[0].number) if lead.phones else ""
        if self._said("no_update"):
            account = words.cell(lead.account.external_id) if lead.account is not None else ""
            told = f"{self._user}|{lead.id}|{account}|{number}|{lead.campaign}|0"
            return f"NOTICE: update_lead LEADS FOUND IN THE SYSTEM: |{told}"
        self.touched |= {"lead": lead.id}
        if self._said("delete_lead"):
            await self._change(lead, LeadChange(state="withdrawn"))
            return f"SUCCESS: update_lead LEAD HAS BEEN DELETED - {number}|{self._user}|{lead.campaign}|{lead.id}|0"
        status = self._text("status").upper()
        state = "open" if status == "NEW" else "withdrawn" if status in DONE else None
        await self._change(lead, LeadChange(state=state, fields=self._fields() or None, priority=self._priority()))
        return f"SUCCESS: update_lead LEAD HAS BEEN UPDATED - {self._user}|{lead.id}"

    async def _not_there(self) -> str:
        if self._said("no_update"):
            return f"NOTICE: update_lead NO MATCHES FOUND IN THE SYSTEM - {self._sought()}"
        if not self._said("insert_if_not_found"):
            raise RefusedInWords(f"NO MATCHES FOUND IN THE SYSTEM - {self._sought()}")
        if not self._session.may(Permission.LISTS_WRITE):
            raise RefusedInWords(f"USER DOES NOT HAVE PERMISSION TO ADD LEADS TO THE SYSTEM - {self._user}|0")
        return f"SUCCESS: update_lead LEAD HAS BEEN ADDED - {await self._added(await self._campaign())}"

    async def _change(self, lead: LeadView, change: LeadChange) -> None:
        [known] = await self._store.lead_changes.known([LeadChange(lead=lead.id)])
        assert isinstance(known, Known)
        settled = known.settled(change, self._console.now())
        entry = change_entry(self._console, self._session, known, settled)
        await self._console.gatherer.change(known, settled, entry)

    async def lead_all_info(self) -> str:
        lead = await self._lead("LEAD NOT FOUND")
        fields = dict(lead.account.fields) if lead.account is not None else {}
        if not self._session.may(Permission.NUMBERS_READ):
            fields = {name: masked_within(text) for name, text in fields.items()}
        own = {
            "status": fields.get(words.STATUS) or lead.state,
            "vendor_lead_code": lead.account.external_id if lead.account is not None else "",
            "list_id": lead.campaign,
            "phone_number": self._shown(lead.phones[0].number) if lead.phones else "",
            "called_count": lead.attempts,
            "rank": 5 - lead.priority,
            "entry_list_id": 0,
            "lead_id": lead.id,
        }
        further = [name for name in fields if name not in {*words.LEAD, words.STATUS}]
        names = (*words.LEAD, *(further if self._said("custom_fields") else ()))
        return words.table(self._given, names, [[own.get(name, fields.get(name, "")) for name in names]])

    async def lead_search(self) -> str:
        numbers = [one.strip() for one in self._given.get("phone_number", "").split(",") if one.strip()]
        if not numbers:
            raise RefusedInWords("NO VALID SEARCH METHOD - ||||")
        records, rows = self._text("records"), list[tuple[str, int, str]]()
        shown = int(records) if re.fullmatch(r"[0-9]{1,4}", records) else FOUND_MAX
        for text in numbers[:_SOUGHT_MAX]:
            found = {
                one.id
                for campaign in await self._campaigns()
                for one in await self._by(campaign, text, limit=FOUND_MAX)
            }
            newest = sorted(found, reverse=True)
            rows.append((text, len(newest), "-".join(map(str, newest[:shown]))))
        if not any(count for _, count, _ in rows):
            raise RefusedInWords("NO MATCHES FOUND IN THE SYSTEM - ||||")
        return words.table(self._given, words.FOUND, rows)

    # ---------------------------------------------------------------- do-not-call

    async def add_dnc_phone(self) -> str:
        number = await self._for_house()
        if not await self._store.do_not_call.add([number], "house", self._console.now()):
            raise RefusedInWords(f"DNC NUMBER ALREADY EXISTS - {self._user}|{self._plain('phone_number')}")
        return f"SUCCESS: add_dnc_phone DNC NUMBER HAS BEEN ADDED - {self._listed()}"

    async def delete_dnc_phone(self) -> str:
        number = await self._for_house()
        if not await self._store.do_not_call.remove(number, "house", now=self._console.now()):
            raise RefusedInWords(f"DNC NUMBER DOES NOT EXIST - {self._user}|{self._plain('phone_number')}")
        return f"SUCCESS: delete_dnc_phone DNC NUMBER HAS BEEN DELETED - {self._listed()}"

    async def _for_house(self) -> str:
        """The number for the house's list: of the country of phone_code, of the campaign named, or of all campaigns."""
        meant, campaigns = self._text("campaign_id"), await self._campaigns()
        if meant not in {"", _ANYBODY}:
            campaigns = [one for one in campaigns if meant in {str(one.id), one.name}]
        if self._session.limited or not campaigns:
            raise RefusedInWords(f"NOT AN ALLOWED DNC LIST - {self._user}|{words.cell(meant) or _ANYBODY}")
        countries = {country_of(one) for one in campaigns} - {""}
        self.touched |= {"list_name": "house"}
        return self._valid(countries.pop() if len(countries) == 1 else "")

    def _listed(self) -> str:
        return f"{self._user}|{self._plain('phone_number')}|{self._plain('campaign_id') or _ANYBODY}"
