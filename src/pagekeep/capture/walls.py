"""What sites put in the place of a page: captchas, logins, consent and age gates. The rules, as data.

They are meant to miss a wall rather than to take a page for one: a login page that was asked for, an article about
captchas and a form with one at its end are pages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pagekeep.capture.recording.exchange import Headers

CAPTCHA, LOGIN, INTERSTITIAL = "captcha", "login", "interstitial"
# Characters of text that a page may have beside whatever stands in its way.
FEW, SOME = 700, 2_000
# What is kept of a wall: what was seen and said, not what would pass for the page.
EVIDENCE = frozenset({"headers", "redirects", "sslcerts", "screenshot", "consolelog", "har", "warc", "wacz", "hashes"})

# What is looked for in the page; of what can be seen, only what is seen counts.
MARKERS: Mapping[str, str] = {
    "cloudflare": "#challenge-form, #challenge-running, #cf-challenge-running, script[src*='/orchestrate/chl_']",
    "turnstile": ".cf-turnstile, iframe[src*='challenges.cloudflare.com']",
    # Not the badge in the corner, which asks nothing.
    "recaptcha": ".g-recaptcha, iframe[src*='/recaptcha/'][src*='/anchor']:not(.grecaptcha-badge iframe)",
    "hcaptcha": ".h-captcha, iframe[src*='hcaptcha.com']",
    "datadome": "iframe[src*='captcha-delivery.com'], script[src*='captcha-delivery.com']",
    "perimeterx": "#px-captcha, #px-captcha-wrapper",
    "akamai": "#sec-if-cpt-container, #sec-cpt-if, script[src*='/_sec/cp_challenge/']",
    "imperva": "iframe#main-iframe[src*='_Incapsula_Resource']",
    "aws": "#captcha-container script[src*='awswaf'], script[src*='.awswaf.com/'][src*='captcha']",
    "ddosguard": "script[src*='/.well-known/ddos-guard/']",
    "anubis": "script#anubis_challenge, script[src*='/.within.website/x/cmd/anubis/']",
    "geetest": ".geetest_captcha, .geetest_holder",
    "identifier": ":is(input[autocomplete~='username'], input[type='email']):not(:is(header, nav, aside, footer) *)",
    "choice": "button, input[type='submit'], input[type='button'], [role='button']",
}


@dataclass(frozen=True, slots=True)
class Signs:
    """What a page and its answer show of themselves.

    Attributes:
        asked: the URL that was asked for.
        final: where it led.
        headers: those of the document.
        text: the beginning of what is to be read.
        length: characters of all that is to be read.
        markers: names of :data:`MARKERS` that are there.
        fields: how many things can be typed in, searches and passwords aside.
        password: a password is asked for, not in a header, sidebar or dialog.
    """

    asked: str
    final: str
    status: int
    headers: Headers = ()
    title: str = ""
    text: str = ""
    length: int = 0
    markers: frozenset[str] = field(default_factory=frozenset)
    fields: int = 0
    password: bool = False


@dataclass(frozen=True, slots=True)
class Wall:
    """What stood in the place of a page.

    Attributes:
        kind: ``captcha``, ``login`` or ``interstitial``.
        what: in words, as the object of a sentence.
        advice: what the person can do about it.
        passes: it may go away by itself after a moment, for a browser that runs scripts.
    """

    kind: str
    what: str
    advice: str
    passes: bool = False

    @property
    def sentence(self) -> str:
        """What happened."""
        return f"The site showed {self.what} instead of the page."

    @property
    def reason(self) -> str:
        """What happened and what to do about it, in one sentence."""
        return f"{self.sentence.removesuffix('.')}; {self.advice}."


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of wall: all that is given must hold.

    Attributes:
        header: name and pattern of a header of the answer.
        markers: one of them is there.
        most: characters of text the page may have.
        no_fields: there is nothing to type in.
        led: a pattern of where the URL led to (host and path), while what was asked for does not fit it.
        asks: ``password``, or ``name`` where a user name will do.
    """

    wall: Wall
    statuses: frozenset[int] = frozenset()
    header: tuple[str, str] | None = None
    title: str = ""
    text: str = ""
    markers: frozenset[str] = frozenset()
    most: int = 0
    no_fields: bool = False
    led: str = ""
    asks: str = ""

    def fits(self, signs: Signs) -> bool:
        """Return whether all that the rule names holds."""
        return not (
            (self.statuses and signs.status not in self.statuses)
            or (self.header and not _has_header(signs.headers, *self.header))
            or (self.title and not re.search(self.title, signs.title, re.IGNORECASE))
            or (self.text and not re.search(self.text, signs.text, re.IGNORECASE))
            or (self.markers and not self.markers & signs.markers)
            or (self.most and signs.length > self.most)
            or (self.no_fields and (signs.fields or signs.password))
            or (self.led and not _was_led(signs, self.led))
            or (self.asks and not (signs.password or (self.asks == "name" and "identifier" in signs.markers)))
        )


_COOKIES = "archive it again with a persona that has the cookies of a browser which has passed it"
_LOGGED_IN = "archive it again with a persona that has the cookies of someone who is logged in"
_CONSENTED = "archive it again with a persona that has the cookies of someone who has agreed"
_BLOCKED = frozenset({202, 401, 403, 405, 429, 503})


def _captcha(vendor: str, *, passes: bool = False) -> Wall:
    return Wall(CAPTCHA, f"a captcha{f' ({vendor})' if vendor else ''}", _COOKIES, passes)


_LOGIN = Wall(LOGIN, "a login", _LOGGED_IN)
# Whole segments of a path, or the first label of a host.
_LOGIN_PLACES = (
    r"(?:^|[/.])(?:log-?_?in|sign-?_?in|log-?_?on|sso|auth|authenticate|authorize|sessions?/new"
    r"|wp-login\.php|login\.(?:php|aspx?|jsp|html?)|anmelden|anmeldung|connexion|inloggen|iniciar-sesion|accedi|entrar)"
    r"(?=[/.?]|$)"
)
_HUMAN = "|".join(
    (
        *("captcha", r"not a (?:ro)?bot", r"(?:ro)?bots?\b.{0,40}\?", r"you(?: are|['’]re) (?:a )?human", "prove"),
        *(
            r"unusual (?:traffic|activity)",
            r"automated (?:queries|requests)",
            "security check",
            r"verify (?:that )?you",
        ),
        *("checking your browser", r"keine? (?:roboter|bot)", "pas un robot", r"no (?:soy|eres) un robot"),
        *("non sono un robot", "не робот", "ロボットでは", "机器人", "人机", "로봇이 아닙니다"),
    )
)
_AGE = "|".join(
    (
        *(r"are you (?:over|at least|of legal|18|21)", r"you must be (?:at least )?(?:18|21)", r"over (?:18|21)\?"),
        *(r"(?:verify|confirm|enter) your (?:age|date of birth|birthday)", "of legal drinking age"),
        *(r"(?:mindestens|über) (?:16|18) jahre", "plus de 18 ans", "mayor de edad"),
    )
)
_SCRIPTS = "|".join(
    (
        r"(?:enable|activate|turn on|allow) java ?script",
        r"java ?script (?:is|must be|has to be|needs to be) (?:disabled|enabled|required|turned on|not enabled)",
        *("requires java ?script", "without java ?script", "javascript (?:aktivieren|einschalten)"),
        *("activer javascript", "habilit(?:e|ar) javascript"),
    )
)
_CHECKS = r"^(?:checking your browser|verifying you|just a moment|one moment, please|are you a (?:robot|human))"

RULES: tuple[Rule, ...] = (
    # What the answer itself calls a challenge.
    Rule(_captcha("Cloudflare", passes=True), header=("cf-mitigated", "challenge")),
    Rule(_captcha("Vercel", passes=True), header=("x-vercel-mitigated", "challenge")),
    Rule(_captcha("AWS WAF", passes=True), header=("x-amzn-waf-action", "captcha|challenge")),
    # What a blocking answer brings along.
    Rule(
        _captcha("Cloudflare", passes=True),
        statuses=_BLOCKED,
        header=("server", "cloudflare"),
        title=r"^(?:just a moment|attention required! \| cloudflare|please wait\W* \| cloudflare|ddos protection)",
    ),
    Rule(_captcha("Cloudflare", passes=True), statuses=_BLOCKED, markers=frozenset({"cloudflare"}), most=SOME),
    Rule(_captcha("DataDome"), statuses=_BLOCKED, markers=frozenset({"datadome"}), most=FEW),
    Rule(
        _captcha("PerimeterX"), statuses=_BLOCKED | {200}, markers=frozenset({"perimeterx"}), most=SOME, no_fields=True
    ),
    Rule(_captcha("Akamai", passes=True), statuses=_BLOCKED | {200}, markers=frozenset({"akamai"}), most=FEW),
    Rule(_captcha("Imperva"), statuses=_BLOCKED | {200}, markers=frozenset({"imperva"}), most=FEW),
    Rule(_captcha("AWS WAF"), statuses=_BLOCKED, markers=frozenset({"aws"}), most=FEW),
    Rule(_captcha("DDoS-Guard", passes=True), title="^ddos-guard", markers=frozenset({"ddosguard"}), most=FEW),
    Rule(_captcha("Anubis", passes=True), markers=frozenset({"anubis"}), most=SOME, no_fields=True),
    Rule(
        _captcha("", passes=True),
        statuses=_BLOCKED,
        title=_CHECKS,
        most=SOME,
        no_fields=True,
    ),
    # A widget that stands alone: nothing else can be filled in, and hardly anything be read but what it is for.
    *(
        Rule(_captcha(name), markers=frozenset({marker}), text=_HUMAN, most=FEW, no_fields=True)
        for marker, name in (
            ("turnstile", "Cloudflare"),
            ("recaptcha", "reCAPTCHA"),
            ("hcaptcha", "hCaptcha"),
            ("geetest", "GeeTest"),
        )
    ),
    Rule(_LOGIN, led=_LOGIN_PLACES, asks="name", most=SOME),
    Rule(_LOGIN, statuses=frozenset({401, 403}), asks="password", most=SOME),
    Rule(
        Wall(INTERSTITIAL, "a question for consent", _CONSENTED),
        led=r"^(?:consent|guce|cmp|privacy-gate)\.|/(?:cookie-?)?consent(?:/|$)|/collectconsent|/cookie-?wall(?:/|$)",
        markers=frozenset({"choice"}),
        most=3 * SOME,
    ),
    Rule(
        Wall(INTERSTITIAL, "a question for the visitor's age", _CONSENTED),
        led=r"/(?:age-?_?(?:gate|check|verif\w*)|verify-?_?age|over-?18)(?:[/.]|$)",
        markers=frozenset({"choice"}),
        most=SOME,
    ),
    Rule(
        Wall(INTERSTITIAL, "a question for the visitor's age", _CONSENTED),
        text=_AGE,
        markers=frozenset({"choice"}),
        most=FEW,
    ),
    Rule(
        Wall(
            INTERSTITIAL,
            "a note that it needs JavaScript",
            "its scripts did not run as they should: see what the console says, or try BLOCK_ADS=false",
        ),
        text=_SCRIPTS,
        most=FEW // 2,
        no_fields=True,
    ),
)


def find_wall(signs: Signs) -> Wall | None:
    """Return what stands in the place of the page, None where the page is what it seems."""
    return next((rule.wall for rule in RULES if rule.fits(signs)), None)


def _has_header(headers: Headers, name: str, pattern: str) -> bool:
    return any(key.lower() == name and re.search(pattern, value, re.IGNORECASE) for key, value in headers)


def _was_led(signs: Signs, pattern: str) -> bool:
    """Return whether the URL led to such a place, and was none itself."""
    asked, final = _place(signs.asked), _place(signs.final)
    return asked != final and not re.search(pattern, asked) and re.search(pattern, final) is not None


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}".lower()
    except ValueError:
        return ""
