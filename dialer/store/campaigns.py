"""Clients and their campaigns, as configured."""

from dataclasses import replace

from sqlalchemy import RowMapping, insert, select, update

from dialer.core.ids import CampaignId, ClientId
from dialer.core.model import Campaign, CampaignStatus
from dialer.core.screen_pop import Opens, ScreenPop
from dialer.store import schema
from dialer.store.codec import from_json, to_json
from dialer.store.database import Database
from dialer.store.errors import ConflictError, NotFoundError
from dialer.store.rows import Client

_CAMPAIGN = schema.campaigns.c


class Clients:
    """Those for whom is dialled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> tuple[Client, ...]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(schema.clients).order_by(schema.clients.c.name))
            return tuple(_client(row) for row in rows.mappings())

    async def get(self, client: ClientId) -> Client | None:
        return next((one for one in await self.list() if one.id == client), None)

    async def by_name(self, name: str) -> Client | None:
        return next((client for client in await self.list() if client.name == name), None)

    async def add(self, name: str) -> Client:
        """A new client. Raises ConflictError where the name is taken."""
        if await self.by_name(name) is not None:
            raise ConflictError(f"there is a client {name!r} already")
        async with self._database.writing() as session:
            [client] = await session.ids("clients", 1)
            await session.connection.execute(insert(schema.clients).values(id=client, name=name))
        return Client(id=ClientId(client), name=name)

    async def change(self, client: Client) -> None:
        """Raises ConflictError where the name is taken, NotFoundError where there is no such client."""
        same = await self.by_name(client.name)
        if same is not None and same.id != client.id:
            raise ConflictError(f"there is a client {client.name!r} already")
        pop = client.screen_pop
        sql = "UPDATE clients SET name = $1, screen_pop = $2, screen_pop_opens = $3 WHERE id = $4"
        async with self._database.writing() as session:
            if await session.run(sql, client.name, pop.template, pop.opens.value, client.id) == 0:
                raise NotFoundError(f"there is no client {client.id}")


def _client(row: RowMapping) -> Client:
    pop = ScreenPop(template=row["screen_pop"], opens=Opens(row["screen_pop_opens"]))
    return Client(id=ClientId(row["id"]), name=row["name"], screen_pop=pop)


class Campaigns:
    """Campaigns by id and by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, *, client: ClientId | None = None) -> tuple[Campaign, ...]:
        """Every campaign, or those of one client, by name."""
        query = select(schema.campaigns).order_by(_CAMPAIGN.name)
        if client is not None:
            query = query.where(_CAMPAIGN.client == client)
        async with self._database.reading() as connection:
            return tuple(_campaign(row) for row in (await connection.execute(query)).mappings())

    async def get(self, campaign: CampaignId) -> Campaign | None:
        return next((one for one in await self.list() if one.id == campaign), None)

    async def by_name(self, name: str) -> Campaign | None:
        return next((one for one in await self.list() if one.name == name), None)

    async def find(self, text: str) -> Campaign:
        """The campaign of that name, or of that id. Raises NotFoundError, which names those there are."""
        campaigns = await self.list()
        for one in campaigns:
            if one.name == text:
                return one
        for one in campaigns:
            if str(one.id) == text:
                return one
        known = ", ".join(repr(one.name) for one in campaigns) or "none yet: `dialer campaign add` adds one"
        raise NotFoundError(f"there is no campaign {text!r}; there are: {known}")

    async def save(self, campaign: Campaign) -> Campaign:
        """Add (id 0) or change a campaign; the answer carries its id, and its version.

        Raises ConflictError where the name is taken, or where the campaign was changed since this one was read: two who
        change it at once, from two cells even, never overwrite each other. Raises NotFoundError.
        """
        same = await self.by_name(campaign.name)
        if same is not None and same.id != campaign.id:
            raise ConflictError(f"there is a campaign {campaign.name!r} already")
        async with self._database.writing() as session:
            if campaign.id == 0:
                [fresh] = await session.ids("campaigns", 1)
                campaign = replace(campaign, id=CampaignId(fresh), version=0)
                await session.connection.execute(insert(schema.campaigns).values(_columns(campaign)))
                return campaign
            query = update(schema.campaigns).where(_CAMPAIGN.id == campaign.id, _CAMPAIGN.version == campaign.version)
            campaign = replace(campaign, version=campaign.version + 1)
            if (await session.connection.execute(query.values(_columns(campaign)))).rowcount:
                return campaign
            known = await session.all("SELECT 1 FROM campaigns WHERE id = $1", campaign.id)
        if not known:
            raise NotFoundError(f"there is no campaign with the id {campaign.id}")
        raise ConflictError(f"the campaign {campaign.name!r} was changed by somebody else meanwhile: look at it again")

    async def set_status(self, campaign: CampaignId, status: CampaignStatus) -> None:
        """Note that the campaign runs or pauses. Raises NotFoundError."""
        async with self._database.writing() as session:
            query = update(schema.campaigns).where(_CAMPAIGN.id == campaign)
            query = query.values(status=status.value, version=_CAMPAIGN.version + 1)
            if (await session.connection.execute(query)).rowcount == 0:
                raise NotFoundError(f"there is no campaign with the id {campaign}")


def _columns(campaign: Campaign) -> dict[str, object]:
    return {
        "id": campaign.id,
        "client": campaign.client,
        "name": campaign.name,
        "status": campaign.status.value,
        "settings": to_json(campaign),
        "version": campaign.version,
    }


def _campaign(row: RowMapping) -> Campaign:
    return replace(
        from_json(Campaign, row["settings"]),
        id=CampaignId(row["id"]),
        client=ClientId(row["client"]),
        name=row["name"],
        status=CampaignStatus(row["status"]),
        version=row["version"],
    )
