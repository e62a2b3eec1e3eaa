"""Every way a page can name an address is among its outlinks."""


def test_candidates_of_srcset_are_told_apart_as_browsers_do(captured, site):
    images = captured("/linked").json("outlinks", "outlinks.json")["images"]
    names = [
        "one.png",
        "two.png",
        "comma,inside.png",
        "last.png",
        "beside-data.png",
        "brackets.png",
        "after-brackets.png",
        "button.png",
    ]
    assert images == [site.url(f"/set/{name}") for name in names]


def test_actions_of_buttons_are_forms(captured, site):
    forms = captured("/linked").json("outlinks", "outlinks.json")["forms"]
    assert forms == [site.url(path) for path in ("/action", "/input-action", "/button-action")]


def test_refresh_to_come_is_a_link(captured, site):
    assert captured("/linked").json("outlinks", "outlinks.json")["links"] == [site.url("/refreshed?a=1;b=2")]
