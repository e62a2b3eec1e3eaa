"""The middleware that ends browser sessions with the token they were opened for."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from pagekeep.services.open_browser_session import is_revoked_session


class SessionsOfTokens:
    """Stands behind Django's SessionMiddleware and before whatever reads the user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Empty the session of a token that was revoked, then answer."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and is_revoked_session(request.session):
            request.session.flush()
        return self.get_response(request)
