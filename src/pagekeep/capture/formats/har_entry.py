"""One exchange as an entry of an HTTP Archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pagekeep.capture.recording.exchange import Exchange, Headers

Entry = dict[str, Any]
# A larger body of a request is in the WARC only (bytes).
LONGEST_POST = 1 << 16
UNKNOWN = -1


def entry(exchange: Exchange, address: str | None, page_id: str) -> Entry:
    """Return the entry of ``exchange``: its body's digest in place of the body, and no secrets.

    Args:
        address: the IP address that answered, if known.
    """
    timings = _timings(exchange)
    made: Entry = {
        "pageref": page_id,
        "startedDateTime": _started(exchange),
        "time": sum(timings[name] for name in timings if name != "ssl" and timings[name] > 0),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": timings,
    }
    if address:
        made["serverIPAddress"] = address
    if exchange.told.connection:
        made["connection"] = exchange.told.connection
    if not exchange.told.timing:
        made["comment"] = "The browser told no times of this exchange."
    return made


def _started(exchange: Exchange) -> str:
    started = exchange.told.started
    moment = datetime.fromtimestamp(started, UTC) if started else exchange.time
    return moment.isoformat(timespec="milliseconds")


def _request(exchange: Exchange) -> Entry:
    headers = exchange.request_headers
    cookies = "; ".join(value for name, value in headers if name.lower() == "cookie")
    request: Entry = {
        "method": exchange.method,
        "url": exchange.url,
        "httpVersion": exchange.http_version,
        "cookies": [_cookie(part) for part in cookies.split(";") if part.strip()],
        "headers": _pairs(headers),
        "queryString": _pairs(_parameters(urlsplit(exchange.url).query)),
        "headersSize": UNKNOWN,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        request["postData"] = _post_data(exchange)
    return request


def _response(exchange: Exchange) -> Entry:
    head, whole = exchange.told.head_size, exchange.told.size
    cookies = [value for name, value in exchange.response_headers if name.lower() == "set-cookie"]
    return {
        "status": exchange.status,
        "statusText": exchange.reason,
        "httpVersion": exchange.http_version,
        "cookies": [_cookie(value) for value in cookies],
        "headers": _pairs(exchange.response_headers),
        "content": _content(exchange),
        "redirectURL": exchange.header("location"),
        "headersSize": UNKNOWN if whole is None or head is None else int(head),
        "bodySize": UNKNOWN if whole is None or head is None else max(0, int(whole - head)),
    }


def _content(exchange: Exchange) -> Entry:
    comment = f"The body is in the WARC; WARC-Payload-Digest: {exchange.payload_digest}"
    if exchange.truncated:
        comment = f"The body was not kept whole ({exchange.truncated}). {comment}"
    return {
        "size": exchange.body.size,
        "mimeType": exchange.header("content-type") or "x-unknown",
        "comment": comment,
    }


def _post_data(exchange: Exchange) -> Entry:
    """Return the body of a request as parameters (a form) or text; HAR wants one of them, not both."""
    mimetype = next((value for name, value in exchange.request_headers if name.lower() == "content-type"), "")
    body = exchange.request_body
    try:
        text = body.decode() if len(body) <= LONGEST_POST else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        return {"mimeType": mimetype, "params": [], "text": "", "comment": f"{len(body)} bytes, which are in the WARC"}
    if mimetype.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return {"mimeType": mimetype, "params": _pairs(_parameters(text)), "text": ""}
    return {"mimeType": mimetype, "params": [], "text": text}


def _cookie(text: str) -> Entry:
    """Return a cookie of a ``Cookie`` header, or of a ``Set-Cookie`` header with its attributes (RFC 6265)."""
    first, *attributes = text.split(";")
    name, separator, value = first.partition("=")
    cookie: Entry = {"name": (name if separator else "").strip(), "value": (value if separator else first).strip()}
    for attribute in attributes:
        key, _, told = attribute.partition("=")
        match key.strip().lower():
            case "path" | "domain" as known:
                cookie[known] = told.strip()
            case "expires":
                cookie |= _expiry(told.strip())
            case "httponly":
                cookie["httpOnly"] = True
            case "secure":
                cookie["secure"] = True
    return cookie


def _expiry(text: str) -> Entry:
    try:
        return {"expires": parsedate_to_datetime(text).astimezone(UTC).isoformat()}
    except (ValueError, TypeError, OverflowError):  # a date only its server understands
        return {}


def _timings(exchange: Exchange) -> dict[str, float]:
    """Return the phases in milliseconds; -1 for one that does not apply, 0 for the three HAR always wants.

    ``receive`` includes the time in which the recorder read the body.
    """
    timing, ended = exchange.told.timing, exchange.told.ended
    if not timing:
        return dict.fromkeys(("blocked", "dns", "connect", "ssl"), float(UNKNOWN)) | dict.fromkeys(
            ("send", "wait", "receive"), 0.0
        )

    def between(start: str, end: str) -> float:
        begun, over = timing.get(start, UNKNOWN), timing.get(end, UNKNOWN)
        return round(max(0.0, over - begun), 3) if begun >= 0 and over >= 0 else float(UNKNOWN)

    heads_end = timing.get("receiveHeadersEnd", 0.0)
    received = (ended - timing.get("requestTime", 0.0)) * 1000 - heads_end if ended else 0.0
    first = next((timing[name] for name in ("dnsStart", "connectStart", "sendStart") if timing.get(name, -1) >= 0), 0.0)
    return {
        "blocked": round(first, 3),
        "dns": between("dnsStart", "dnsEnd"),
        "connect": between("connectStart", "connectEnd"),
        "ssl": between("sslStart", "sslEnd"),
        "send": max(0.0, between("sendStart", "sendEnd")),
        "wait": max(0.0, between("sendEnd", "receiveHeadersEnd")),
        "receive": round(max(0.0, received), 3),
    }


def _parameters(text: str) -> list[tuple[str, str]]:
    return parse_qsl(text, keep_blank_values=True, errors="replace")


def _pairs(pairs: Iterable[tuple[str, str]] | Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
