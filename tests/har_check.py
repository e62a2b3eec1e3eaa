"""A strict check of HAR 1.2: every field the specification requires, of its type, and none it does not know."""

from datetime import datetime

TIMES = ("blocked", "dns", "connect", "ssl", "send", "wait", "receive")


def check(archive):
    """Fail at the first field that is missing, unknown or of another type."""
    assert set(archive) == {"log"}
    log = archive["log"]
    _fields(log, {"version": str, "creator": dict, "entries": list}, {"browser": dict, "pages": list, "comment": str})
    assert log["version"] == "1.2"
    for program in (log["creator"], log["browser"]):
        _fields(program, {"name": str, "version": str}, {"comment": str})
    for page in log["pages"]:
        _fields(page, {"startedDateTime": str, "id": str, "title": str, "pageTimings": dict}, {"comment": str})
        _moment(page["startedDateTime"])
        _fields(page["pageTimings"], {}, {"onContentLoad": (int, float), "onLoad": (int, float), "comment": str})
    for entry in log["entries"]:
        _entry(entry, {page["id"] for page in log["pages"]})


def _entry(entry, pages):
    required = {"startedDateTime": str, "time": (int, float), "cache": dict, "timings": dict}
    optional = {"pageref": str, "serverIPAddress": str, "connection": str, "comment": str}
    _fields(entry, required | {"request": dict, "response": dict}, optional)
    assert entry["pageref"] in pages
    _moment(entry["startedDateTime"])
    assert entry["cache"] == {}
    timings = entry["timings"]
    _fields(timings, dict.fromkeys(("send", "wait", "receive"), (int, float)), dict.fromkeys(TIMES, (int, float)))
    assert all(timings[name] >= 0 for name in ("send", "wait", "receive"))
    assert all(value >= 0 or value == -1 for value in timings.values())
    total = sum(value for name, value in timings.items() if value > 0 and name != "ssl")
    assert abs(entry["time"] - total) < 0.01
    _request(entry["request"])
    _response(entry["response"])


MESSAGE = {
    "httpVersion": str,
    "cookies": list,
    "headers": list,
    "headersSize": int,
    "bodySize": int,
}


def _request(request):
    required = MESSAGE | {"method": str, "url": str, "queryString": list}
    _fields(request, required, {"postData": dict, "comment": str})
    _pairs(request["headers"])
    _pairs(request["queryString"])
    _cookies(request["cookies"])
    if "postData" in request:
        data = request["postData"]
        _fields(data, {"mimeType": str, "params": list, "text": str}, {"comment": str})
        assert not (data["params"] and data["text"])
        _pairs(data["params"])


def _response(response):
    required = MESSAGE | {"status": int, "statusText": str, "content": dict, "redirectURL": str}
    _fields(response, required, {"comment": str})
    _pairs(response["headers"])
    _cookies(response["cookies"])
    content = response["content"]
    _fields(content, {"size": int, "mimeType": str}, {"compression": int, "text": str, "encoding": str, "comment": str})


def _cookies(cookies):
    for cookie in cookies:
        optional = {"path": str, "domain": str, "expires": str, "httpOnly": bool, "secure": bool, "comment": str}
        _fields(cookie, {"name": str, "value": str}, optional)
        if "expires" in cookie:
            _moment(cookie["expires"])


def _pairs(pairs):
    for pair in pairs:
        _fields(pair, {"name": str, "value": str}, {"comment": str})


def _fields(value, required, optional):
    assert set(required) <= set(value), f"{set(required) - set(value)} missing in {value}"
    assert set(value) <= set(required) | set(optional), f"{value} has unknown fields"
    for name, kind in (optional | required).items():
        assert name not in value or isinstance(value[name], kind), f"{name} is {value[name]!r}"


def _moment(text):
    assert datetime.fromisoformat(text).tzinfo is not None, text
