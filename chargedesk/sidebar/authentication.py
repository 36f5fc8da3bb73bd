"""Opens the Authorization header of the panel: signature, age, and the member it stands for."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from chargedesk.sidebar.bearer import Bearer, BearerError, opened
from chargedesk.sidebar.session import PanelSession, panel_session

SCHEME = "Bearer "


class BearerAuthentication(BaseAuthentication):
    """Takes a bearer from the Authorization header only; cookies count for nothing here."""

    def authenticate(self, request: Request) -> tuple[PanelSession, Bearer] | None:
        """The session of the bearer; 401 if there is none or it ended."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith(SCHEME):
            return None
        try:
            bearer = opened(header.removeprefix(SCHEME))
            session = panel_session(bearer)
        except BearerError as error:
            raise AuthenticationFailed(error.message, code=error.code) from error
        return session, bearer

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401 instead of 403."""
        return "Bearer"
