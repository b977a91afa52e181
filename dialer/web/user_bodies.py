"""What the API takes and shows of users, their sessions and tokens. A secret goes in, or is told once; never shown."""

from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from dialer.store import Role, Token, User
from dialer.web.bodies import Body, Id, Named
from dialer.web.permissions import GRANTABLE, Permission

PASSWORD_MIN = 10
Login = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9_.@\-]+$", examples=["maria"])]
Password = Annotated[str, Field(min_length=PASSWORD_MIN, max_length=200)]
RoleName = Annotated[Role, Field(strict=False)]
Grantable = Annotated[Permission, Field(strict=False, examples=["exports"])]
DAYS_MAX = 400


class UserChange(Body):
    """A user's settings; what is left out stays. `campaigns` empty: all of the client's, or all."""

    name: Named = ""
    role: RoleName = Role.ANALYST
    password: Password = ""
    client: Id | None = None
    campaigns: Annotated[list[Id], Field(max_length=200, default_factory=list)]
    grants: Annotated[list[Grantable], Field(max_length=len(GRANTABLE), default_factory=list)]
    active: bool = True

    @model_validator(mode="after")
    def _grantable(self) -> "UserChange":
        wrong = [one for one in self.grants if one not in GRANTABLE]
        if wrong:
            raise ValueError(f"cannot be granted: {', '.join(wrong)}")
        return self


class UserGiven(UserChange):
    """A new user. A client's user names the client."""

    login: Login
    name: Named
    role: RoleName
    password: Password


class UserShown(BaseModel):
    """A user as kept; `second_factor`: a one-time code is asked for."""

    id: int
    login: str
    name: str
    role: Role
    client: int | None
    campaigns: list[int]
    grants: list[str]
    active: bool
    second_factor: bool


class TokenShown(BaseModel):
    """A session or API token. `id` names it and lets nobody in; `seen_at` is exact to five minutes."""

    id: str
    kind: str = Field(examples=["session"])
    name: str
    user: int | None
    agent: int | None
    created_at: float
    seen_at: float | None
    expires_at: float | None
    scopes: list[str]
    address: str


class TokenGiven(Body):
    """A token for a program. Its scopes are among what its owner may do."""

    name: Named
    scopes: Annotated[list[Grantable], Field(min_length=1, max_length=len(GRANTABLE))]
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] = 90


class TokenMade(BaseModel):
    """The token, told this once."""

    token: str = Field(examples=["cad_Yk3…"])
    id: str
    expires_at: float


class TotpMade(BaseModel):
    """A secret for an authenticator app; it counts once a code of it was confirmed."""

    secret: str
    address: str = Field(examples=["otpauth://totp/Cadencia:maria?secret=…"])
    picture: str = Field(description="The address as a QR code, SVG.", examples=["<svg …>"])


class TotpGiven(Body):
    """A code of the new secret, to show that the app has it."""

    secret: Annotated[str, Field(pattern=r"^[A-Z2-7]{32}$")]
    code: Annotated[str, Field(pattern=r"^\d{6}$")]


class PasswordGiven(Body):
    """The present password, and another one."""

    present: Annotated[str, Field(max_length=200)]
    password: Password


def user_shown(user: User) -> UserShown:
    return UserShown(
        id=user.id,
        login=user.login,
        name=user.name,
        role=user.role,
        client=user.client,
        campaigns=[int(one) for one in user.campaigns.split()],
        grants=user.grants.split(),
        active=user.active,
        second_factor=bool(user.totp_secret),
    )


def token_shown(token: Token) -> TokenShown:
    return TokenShown(
        id=token.digest[:16],
        kind=token.kind,
        name=token.name,
        user=token.user,
        agent=token.agent,
        created_at=token.created_at,
        seen_at=token.seen_at,
        expires_at=token.expires_at,
        scopes=token.scopes.split(),
        address=token.address,
    )
