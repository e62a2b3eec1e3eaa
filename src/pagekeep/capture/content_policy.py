"""Lets our scripts work in pages whose Content-Security-Policy would stop them, without letting the page do more."""

_TRUSTED_TYPES = ("require-trusted-types-for", "trusted-types")
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
    kept: list[str] = []
    scripts_off = False
    for directive in filter(None, (part.strip() for part in policy.split(";"))):
        name, _, value = directive.partition(" ")
        if name.lower() in _TRUSTED_TYPES:
            continue
        if name.lower() == "sandbox" and "allow-scripts" not in value.lower().split():
            scripts_off = True
            directive = f"{directive} allow-scripts"
        kept.append(directive)
    # The first directive of a name counts.
    return "; ".join(["script-src 'none'", *kept] if scripts_off else kept)
