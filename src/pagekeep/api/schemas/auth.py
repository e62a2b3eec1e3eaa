"""Credentials and tokens."""

from datetime import datetime
from uuid import UUID

from ninja import Schema
from pydantic import Field

from pagekeep.api.schemas.common import example


class PasswordAuthSchema(Schema):
    username: str | None = None
    password: str | None = None

    model_config = example(username="admin", password="correct horse battery staple")  # noqa: S106


class TokenSchema(Schema):
    success: bool = Field(description="Whether user name and password were right; if not, `errors` says so.")
    succeeded: bool
    message: str
    errors: list[str]
    id: UUID | None = None
    token: str | None = Field(None, description="32 hex characters; shown this once.")
    user_id: str | None = None
    username: str | None = None
    created_at: datetime | None = None
    expires: datetime | None = None
    created_by_id: str | None = None

    model_config = example(
        success=True,
        succeeded=True,
        message="",
        errors=[],
        id="0199c0de-0000-7000-8000-000000000001",
        token="0123456789abcdef0123456789abcdef",  # noqa: S106
        user_id="1",
        username="admin",
        created_at="2026-11-23T20:00:00Z",
        expires="2026-12-23T20:00:00Z",
        created_by_id="1",
    )


class TokenAuthSchema(Schema):
    token: str

    model_config = example(token="0123456789abcdef0123456789abcdef")  # noqa: S106


class TokenCheckSchema(Schema):
    success: bool
    user_id: str | None

    model_config = example(success=True, user_id="1")


class SessionCookieSchema(Schema):
    name: str
    value: str
    expires: datetime
    secure: bool


class BrowserSessionSchema(Schema):
    admin_url: str
    cookie: SessionCookieSchema

    model_config = example(
        admin_url="http://127.0.0.1:8000/admin/",
        cookie={"name": "sessionid", "value": "…", "expires": "2026-12-07T20:00:00Z", "secure": False},
    )
