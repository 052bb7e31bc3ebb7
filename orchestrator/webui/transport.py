"""Keep-alive HTTP connections to a WebUI, with every fault told as one of our own errors."""

from __future__ import annotations

import ipaddress
import json
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError
from urllib3.util import Retry

from orchestrator.errors import (
    ProjectError,
    WebUIFailed,
    WebUINonsense,
    WebUIRefused,
    WebUIUnauthorized,
    WebUIUnreachable,
)

if TYPE_CHECKING:
    from pathlib import Path

    from orchestrator.webui.settings import WebUISettings

_MAX_ANSWER = 256 << 20  # bytes; a lossless 8K picture in base64 is below
_MAX_REASON = 300  # characters of a server's own words
_CHUNK = 1 << 16
_QUICK = 30.0  # seconds of silence to bear in calls that are answered even while a picture is painted
_CONNECTIONS = 16  # kept open: those in flight, and one that looks after them

# A connection that was refused carried nothing, so any request may try again; a request that was sent may be
# under way, so only a GET is repeated then. With this back-off a dead address is told within a second; a
# gateway's Retry-After could make it hours.
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
    respect_retry_after_header=False,
)


class Transport:
    """JSON in, JSON out; several threads may call at once.

    Raises:
        ProjectError: the file of certificates cannot be read.
    """

    def __init__(self, url: str, settings: WebUISettings) -> None:
        self.url = url
        self._session = requests.Session()
        for scheme in ("http://", "https://"):
            adapter = HTTPAdapter(max_retries=_RETRIES, pool_maxsize=_CONNECTIONS)
            self._session.mount(scheme, adapter)
        self._session.headers.update(
            {name: value.get_secret_value() for name, value in settings.headers.items()}
        )
        # Sent from the start, since a WebUI's 401 does not ask for credentials. The empty hook keeps requests
        # from sending what a ~/.netrc may hold for that host.
        self._session.auth = _credentials(settings) or _anonymous
        self._session.trust_env = not _is_loopback(url)  # a proxy cannot reach this machine's own ports
        # named with each request: a session's own is ignored where the environment names another
        self._trusted = _readable(settings.ca_file) if settings.ca_file else True
        self._connect_timeout = settings.connect_timeout

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def call(self, method: str, path: str, body: Any = None, *, read_timeout: float = _QUICK) -> Any:
        """Send one request and return the answer's JSON value.

        Args:
            method: `GET`, which is repeated after passing faults, or `POST`, which is not.
            path: from the server's root, such as `/sdapi/v1/progress`.
            body: a JSON value.
            read_timeout: seconds of silence to bear, and seconds that the answer may take once it has begun.

        Raises:
            WebUIUnreachable: nobody answers, in time or at all.
            WebUIUnauthorized: 401 or 403.
            WebUIFailed: 500 and above; the server's own reason is quoted.
            WebUIRefused: any other error status; likewise.
            WebUINonsense: a redirection, HTML, broken JSON, or more than 256 MiB.
        """
        try:
            with self._session.request(
                method,
                f"{self.url}{path}",
                json=body,
                timeout=(self._connect_timeout, read_timeout),
                allow_redirects=False,
                stream=True,
                verify=self._trusted,
            ) as response:
                return _value(response, _bounded(response, time.monotonic() + read_timeout), self.url)
        except (requests.RequestException, HTTPError) as error:
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


def _readable(ca_file: Path) -> str:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise ProjectError(
            f"the certificates in {ca_file} cannot be read: {error.strerror or error}",
            where="webui.ca_file",
            remedy="Name a PEM file with the certificate, or that of the authority that signed it.",
        ) from error
    return str(ca_file)


def _bounded(response: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    # what has come, not a whole chunk: a byte now and then would never fill one
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        body += chunk
        if time.monotonic() > deadline:
            raise WebUIUnreachable("the answer comes in too slowly", where=response.url)
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
    told = f"{response.request.method} {urlsplit(response.url).path} (status {response.status_code})"
    if response.status_code >= requests.codes.server_error:
        raise WebUIFailed(f"the WebUI failed at {told}: {reason(value)}", where=url)
    raise WebUIRefused(
        f"the WebUI refused {told}: {reason(value)}",
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


def _translated(error: requests.RequestException | HTTPError, url: str) -> WebUIUnreachable | WebUINonsense:
    told = error.args[0] if error.args else None
    cause = getattr(told, "reason", told)  # urllib3 wraps the last failure of a retried request
    if isinstance(error, requests.exceptions.SSLError):
        return _insecure(error, url)
    if isinstance(error, requests.exceptions.ProxyError):
        what = "the proxy does not let us through"
    elif isinstance(error, requests.ConnectTimeout) or isinstance(cause, NewConnectionError):
        what = "nobody answers at this address"
    elif isinstance(error, (requests.ReadTimeout, ReadTimeoutError)) or isinstance(cause, ReadTimeoutError):
        what = "the WebUI fell silent in the middle of a request"
    elif isinstance(error, (requests.ConnectionError, ProtocolError)):
        what = "the WebUI dropped the connection in the middle of a request"
    else:
        return WebUINonsense(f"the answer cannot be read ({type(error).__name__})", where=url)
    return WebUIUnreachable(what, where=url, remedy="Check that the WebUI runs with --api, and webui.url.")


def _insecure(error: requests.exceptions.SSLError, url: str) -> WebUIUnreachable:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        remedy = "Set webui.ca_file to its certificate, or that of the authority that signed it."
        return WebUIUnreachable("the server's certificate is not trusted", where=url, remedy=remedy)
    return WebUIUnreachable("no TLS is spoken here", where=url, remedy="Write http:// in webui.url.")
