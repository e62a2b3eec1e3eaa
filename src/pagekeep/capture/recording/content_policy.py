"""Lets our scripts work in pages whose Content-Security-Policy would stop them, without letting the page do more."""

import re

_WHITESPACE = "\t\n\f\r "
_TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")
# They count for more than the script-src they are about.
_SCRIPT_SOURCES = ("script-src-elem", "script-src-attr")
NAMES = frozenset({"content-security-policy"})


def relax(policies: str) -> str:
    """Return a Content-Security-Policy header's value under which scripts of an isolated world work.

    A sandbox without ``allow-scripts`` stops timers and promises of every world: scripts are allowed in it, but none of
    the page's own. Trusted Types, which bind isolated worlds too, are not demanded.

    Args:
        policies: one or several policies, separated by commas (W3C CSP Level 3, section 2.2).
    """
    return ", ".join(_relax_one(policy) for policy in policies.split(","))


def _relax_one(policy: str) -> str:
    kept: list[tuple[str, str]] = []
    scripts_off = sandboxed = False
    for directive in filter(None, (part.strip(_WHITESPACE) for part in policy.split(";"))):
        name, *values = re.split(f"[{_WHITESPACE}]+", directive.lower())
        if name in _TRUSTED_TYPES:
            continue
        if name == "sandbox" and not sandboxed:
            sandboxed = True
            if "allow-scripts" not in values:
                scripts_off = True
                directive = f"{directive} allow-scripts"
        kept.append((name, directive))
    if not scripts_off:
        return "; ".join(directive for _, directive in kept)
    # The first directive of a name counts.
    others = (directive for name, directive in kept if name not in _SCRIPT_SOURCES)
    return "; ".join(["script-src 'none'", *others])
