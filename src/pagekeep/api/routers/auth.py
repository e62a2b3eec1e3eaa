"""``/auth/``: tokens for passwords, and sessions for tokens."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from pagekeep.api.auth import header_token
from pagekeep.api.call import call_of
from pagekeep.api.reply import reply
from pagekeep.api.schemas.auth import (
    BrowserSessionSchema,
    PasswordAuthSchema,
    TokenAuthSchema,
    TokenCheckSchema,
    TokenSchema,
)
from pagekeep.api.schemas.common import ErrorSchema, responses
from pagekeep.domain.errors import NotFound
from pagekeep.services.check_token import check_token
from pagekeep.services.log_in import token_for_password
from pagekeep.services.open_browser_session import open_browser_session

router = Router(tags=["Authentication"])
_REFUSED = "Invalid credentials"


@router.post(
    "/get_api_token",
    operation_id="get_api_token",
    summary="Get a token for a user name and password",
    response={200: TokenSchema, **dict.fromkeys((400, 409, 413, 429, 503), ErrorSchema)},
)
def get_api_token(request: HttpRequest, credentials: PasswordAuthSchema) -> HttpResponse:
    """Wrong credentials are answered with 200 and `success: false`; ten of them within five minutes with 429."""
    username, password = credentials.username or "", credentials.password or ""
    issued = token_for_password(username, password, request.META.get("REMOTE_ADDR", ""))
    if issued is None:
        refusal = {"success": False, "succeeded": False, "message": _REFUSED, "errors": [_REFUSED]}
        return reply(refusal)
    token, text = issued
    user_id = str(token.created_by_id)
    return reply(
        {
            "success": True,
            "succeeded": True,
            "message": "",
            "errors": [],
            "id": token.pk,
            "token": text,
            "user_id": user_id,
            "username": token.created_by.username,
            "created_at": token.created_at,
            "expires": token.expires,
            "created_by_id": user_id,
        }
    )


@router.post(
    "/check_api_token",
    operation_id="check_api_token",
    summary="Say whether a token is valid, and whose it is",
    response={200: TokenCheckSchema, **dict.fromkeys((400, 413, 503), ErrorSchema)},
)
def check_api_token(request: HttpRequest, credentials: TokenAuthSchema) -> HttpResponse:
    """A token that is unknown, expired, revoked or not a superuser's is answered with `success: false`."""
    token = check_token(credentials.token.strip())
    return reply({"success": token is not None, "user_id": str(token.created_by_id) if token else None})


@router.post(
    "/browser_session",
    operation_id="browser_session",
    summary="Open a browser session that ends with the token",
    auth=header_token("admin"),
    response=responses(BrowserSessionSchema),
)
def browser_session(request: HttpRequest) -> HttpResponse:
    """The caller sets the cookie for the web pages; the API itself sets and reads none."""
    token = call_of(request).token
    if token is None:
        raise NotFound("There is no token to open a session for.")
    session = open_browser_session(token)
    secure = request.is_secure()
    return reply(
        {
            "admin_url": request.build_absolute_uri("/admin/"),
            "cookie": {
                "name": session.cookie_name,
                "value": session.key,
                "expires": session.expires,
                "secure": secure,
            },
        }
    )
