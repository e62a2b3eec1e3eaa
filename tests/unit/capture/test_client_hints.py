import pytest

from pagekeep.capture.chromium.client_hints import is_mobile, metadata_of, platform_of

WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.7339.80"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("user_agent", "platform", "name", "version", "mobile"),
    [
        (WINDOWS, "Win32", "Windows", "10.0.0", False),
        (ANDROID, "Linux armv81", "Android", "14", True),
        (MAC, "MacIntel", "macOS", "10.15.7", False),
    ],
)
def test_hints_say_what_the_user_agent_says(
    user_agent: str, platform: str, name: str, version: str, mobile: bool
) -> None:
    hints = metadata_of(user_agent)
    assert hints is not None
    assert (platform_of(user_agent), is_mobile(user_agent)) == (platform, mobile)
    assert (hints["platform"], hints["platformVersion"], hints["mobile"]) == (name, version, mobile)
    assert {"brand": "Google Chrome", "version": "140"} in hints["brands"]


def test_the_full_version_is_told_where_it_is_known() -> None:
    hints = metadata_of(MAC)
    assert hints is not None
    assert {"brand": "Chromium", "version": "140.0.7339.80"} in hints["fullVersionList"]


def test_edge_names_itself() -> None:
    hints = metadata_of(f"{WINDOWS} Edg/140.0.0.0")
    assert hints is not None
    assert {"brand": "Microsoft Edge", "version": "140"} in hints["brands"]
    assert not [one for one in hints["brands"] if one["brand"] == "Google Chrome"]


@pytest.mark.parametrize("user_agent", [FIREFOX, IPHONE, f"{WINDOWS} OPR/110.0.0.0", "Robot/1", "Chrome/140"])
def test_other_browsers_give_no_hints(user_agent: str) -> None:
    assert metadata_of(user_agent) is None


def test_a_telephone_is_told_by_its_user_agent() -> None:
    assert (is_mobile(IPHONE), platform_of(IPHONE)) == (True, "iPhone")
    assert (is_mobile(FIREFOX), platform_of(FIREFOX)) == (False, "Linux x86_64")
