"""PayPal's SDK as the OAuth transport, with every known defect of it removed.

`paypalrestsdk.Api` 1.13.3 hangs without a timeout, answers a 400 as a result, repeats a 401 without
end, shows the caller's headers to the token endpoint, uses tokens to their last second, loses
response headers, sends the body `null` with a GET, and logs secrets. What stays of it is the shape
of a token request, the credentials in it, and its user agent.
"""

import json
import logging
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import paypalrestsdk  # type: ignore[import-untyped]

from gateways.errors import UnavailableError
from gateways.paypal.refusals import Purpose, raise_for, raise_for_token
from gateways.paypal.transport import carry
from gateways.timed import Exchange

TOKEN_PATH = "/v1/oauth2/token"  # noqa: S105  a path
MARGIN_SECONDS = 90
# At DEBUG the SDK logs what is sent, Authorization included; at INFO every address and key.
logging.getLogger("paypalrestsdk.api").setLevel(logging.ERROR)


class SafeApi(paypalrestsdk.Api):  # type: ignore[misc]
    """One account's access. Safe to share between threads; never configured module-wide."""

    def __init__(self, *, endpoint: str, client_id: str, client_secret: str) -> None:
        # Mode "live" in every case: "sandbox" would log headers and bodies.
        super().__init__(
            mode="live", endpoint=endpoint, client_id=client_id, client_secret=client_secret
        )
        self._token: dict[str, Any] = {}
        self._token_dies_at = 0.0
        self._token_lock = threading.Lock()

    def request(
        self,
        url: str,
        method: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
        *,
        exchange: Exchange | None = None,
    ) -> Exchange:
        """Make one call, with at most one new token; returns the exchange, whatever its status.

        A token that cannot be had is an error of the closed list: of the call itself nothing left.
        """
        if refresh_token is not None:
            raise TypeError("tokens of buyers are not used here")
        exchange = exchange or Exchange(deadline=time.monotonic() + 30)
        for is_last in (False, True):
            token = self.token(exchange.deadline)
            self.http_call(
                url,
                method,
                data=None if body is None else json.dumps(body),
                headers={**self._headers(token), **(headers or {})},
                exchange=exchange,
            )
            is_refused = exchange.status == HTTPStatus.UNAUTHORIZED and exchange.failure is None
            if not is_refused or is_last:
                break
            # Refused before anything was done: a token may be revoked early. Once, then it is so.
            self._forget(token)
            _rewind(exchange)
        return exchange

    def http_call(self, url: str, method: str, **kwargs: Any) -> Exchange:
        """One request under the exchange's deadline; a read carries no body."""
        exchange: Exchange = kwargs.get("exchange") or Exchange(deadline=time.monotonic() + 30)
        data = kwargs.get("data")
        carry(
            exchange,
            method,
            url,
            headers=kwargs.get("headers") or {},
            body=None if data is None or method == "GET" else str(data).encode(),
        )
        return exchange

    def token(self, deadline: float) -> dict[str, Any]:
        """A token that still lives for a while; CredentialsError, UnavailableError, RateLimited."""
        if not self._token_lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            raise UnavailableError("No token in time; nothing was sent.")
        try:
            self.validate_token_hash()
            if not self._token:
                self._fetch_token(deadline)
            return self._token
        finally:
            self._token_lock.release()

    def get_token_hash(
        self,
        authorization_code: str | None = None,
        refresh_token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Answer as the SDK does; headers of a call never reach the token endpoint."""
        if authorization_code is not None or refresh_token is not None:
            raise TypeError("tokens of buyers are not used here")
        return self.token(time.monotonic() + 30)

    def validate_token_hash(self) -> None:
        """Drop the token before its end, not at it."""
        if time.monotonic() >= self._token_dies_at:
            self._token = {}

    def _fetch_token(self, deadline: float) -> None:
        exchange = Exchange(deadline=deadline)
        started = time.monotonic()
        self.http_call(
            self.address(TOKEN_PATH),
            "POST",
            data="grant_type=client_credentials",
            headers={
                "Authorization": f"Basic {self.basic_auth()}",
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
                "User-Agent": self.user_agent,
            },
            exchange=exchange,
        )
        self._token = raise_for_token(exchange)
        life = max(0, int(self._token.get("expires_in") or 0) - MARGIN_SECONDS)
        self._token_dies_at = started + life

    def _forget(self, token: dict[str, Any]) -> None:
        with self._token_lock:
            # Another thread may have fetched a new one meanwhile.
            if self._token is token:
                self._token = {}

    def address(self, action: str) -> str:
        """Join without a regular expression, in which a backslash would crash."""
        return f"{self.endpoint.rstrip('/')}/{action.lstrip('/')}"

    def _headers(self, token: dict[str, Any]) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token['access_token']}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": self.user_agent,
        }

    def get(
        self,
        action: str,
        headers: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
    ) -> Any:
        """Read; the SDK's own would join by a regular expression."""
        return self._parsed("GET", action, None, headers)

    def post(
        self,
        action: str,
        params: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        refresh_token: str | None = None,
    ) -> Any:
        """Write, and raise what is no success, a 400 included."""
        return self._parsed("POST", action, params or {}, headers)

    def _parsed(
        self,
        method: str,
        action: str,
        body: Mapping[str, object] | None,
        headers: Mapping[str, str] | None,
    ) -> Any:
        exchange = self.request(self.address(action), method, body, headers)
        raise_for(exchange, Purpose.READ if method == "GET" else Purpose.CHANGE, path=action)
        return json.loads(exchange.body) if exchange.body else {}


def _rewind(exchange: Exchange) -> None:
    """What was refused for its token did nothing: the next attempt starts unsent."""
    exchange.is_sent, exchange.status = False, 0
    exchange.headers, exchange.body = {}, b""
