"""One keep-alive HTTP connection to a WebUI, with every fault told as one of our own errors."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import NewConnectionError, ReadTimeoutError
from urllib3.util import Retry

from orchestrator.errors import WebUINonsense, WebUIRefused, WebUIUnauthorized, WebUIUnreachable

if TYPE_CHECKING:
    from orchestrator.webui.settings import WebUISettings

_MAX_ANSWER = 256 << 20  # bytes; a lossless 8K picture in base64 is below
_MAX_REASON = 300  # characters of a server's own words
_CHUNK = 1 << 16
_QUICK = 30.0  # seconds of silence to bear in calls that are answered even while a picture is painted

# A connection that was refused carried nothing, so any request may try again; a request that was sent may be
# under way, so only a GET is repeated then. With this back-off a dead address is told within a second.
_RETRIES = Retry(
    total=None,
    connect=3,
    read=2,
    status=2,
    redirect=0,
    other=0,
    allowed_methods={"GET"},
    status_forcelist={502, 503, 504},
    backoff_factor=0.1,
    raise_on_status=False,
    raise_on_redirect=False,
)


class Transport:
    """JSON in, JSON out."""

    def __init__(self, url: str, settings: WebUISettings) -> None:
        self.url = url
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
        # Sent from the start, since a WebUI's 401 does not ask for credentials. The empty hook keeps requests
        # from sending what a ~/.netrc may hold for that host.
        self._session.auth = _credentials(settings) or _anonymous
        self._session.trust_env = not _is_loopback(url)  # a proxy cannot reach this machine's own ports
        self._connect_timeout = settings.connect_timeout

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def call(self, method: str, path: str, body: Any = None, *, read_timeout: float = _QUICK) -> Any:
        """Send one request and return the answer's JSON value.

        Raises:
            WebUIUnreachable: nobody answers, in time or at all.
            WebUIUnauthorized: 401 or 403.
            WebUIRefused: any other error status; the server's own reason is quoted.
            WebUINonsense: a redirection, HTML, broken JSON, or more than 256 MiB.
        """
        try:
            with self._session.request(
                method,
                f"{self.url}/sdapi/v1/{path}",
                json=body,
                timeout=(self._connect_timeout, read_timeout),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _value(response, _bounded(response), self.url)
        except requests.RequestException as error:
            raise _translated(error, self.url) from error


def _credentials(settings: WebUISettings) -> HTTPBasicAuth | None:
    if settings.auth is None:
        return None
    user, _, password = settings.auth.get_secret_value().encode().partition(b":")  # text would become Latin-1
    return HTTPBasicAuth(user, password)


def _anonymous(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bounded(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > _MAX_ANSWER:
            raise WebUINonsense(f"the answer is larger than {_MAX_ANSWER >> 20} MiB", where=response.url)
    return bytes(body)


def _value(response: requests.Response, body: bytes, url: str) -> Any:
    if response.status_code in {401, 403}:
        raise WebUIUnauthorized(
            f"the WebUI wants other credentials (status {response.status_code})",
            where=url,
            remedy="Set webui.auth to the user:password that it was started with (--api-auth).",
        )
    try:
        value = json.loads(body)
    except ValueError as error:
        raise _not_json(response, url) from error
    if response.ok and not response.is_redirect:
        return value
    raise WebUIRefused(
        f"the WebUI refused {response.request.method} {urlsplit(response.url).path}"
        f" (status {response.status_code}): {reason(value)}",
        where=url,
        remedy="Start it with --api." if response.status_code == requests.codes.not_found else "",
    )


def _not_json(response: requests.Response, url: str) -> WebUINonsense:
    kind = response.headers.get("Content-Type", "no type").partition(";")[0]
    return WebUINonsense(
        f"what answers is no WebUI: {kind} instead of JSON (status {response.status_code})",
        where=url,
        remedy="Check webui.url, and that the WebUI was started with --api.",
    )


def reason(body: Any) -> str:
    """Return a server's own words for a failure, in one line of at most 300 characters.

    The families differ: A1111 answers `{error, detail, body, errors}`, Forge `{detail}` or `{message}`,
    FastAPI's checks a list of `{loc, msg}`.
    """
    fields = body if isinstance(body, dict) else {"detail": body}
    told = next(
        (fields[key] for key in ("detail", "errors", "message", "error") if fields.get(key)), "no reason"
    )
    if isinstance(told, list):
        told = "; ".join(_field_fault(item) for item in told)
    return " ".join(str(told).split())[:_MAX_REASON]


def _field_fault(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    place = ".".join(str(part) for part in item.get("loc", ()))
    return f"{place}: {item.get('msg', '')}"


def _translated(error: requests.RequestException, url: str) -> WebUIUnreachable | WebUINonsense:
    told = error.args[0] if error.args else None
    cause = getattr(told, "reason", told)  # urllib3 wraps the last failure of a retried request
    if isinstance(error, requests.exceptions.SSLError):
        what = "the server's certificate is not trusted"
    elif isinstance(error, requests.exceptions.ProxyError):
        what = "the proxy does not let us through"
    elif isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError):
        what = "nobody answers at this address"
    elif isinstance(error, requests.ReadTimeout) or isinstance(cause, ReadTimeoutError):
        what = "the WebUI fell silent in the middle of a request"
    elif isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        what = "the WebUI dropped the connection in the middle of a request"
    else:
        return WebUINonsense(f"the answer cannot be read ({type(error).__name__})", where=url)
    return WebUIUnreachable(what, where=url, remedy="Check that the WebUI runs with --api, and webui.url.")
