"""Which web addresses are those of a git repository."""

import re
from urllib.parse import urlsplit, urlunsplit

_NAME = r"[\w.][\w.-]*?"
_PAGES = {
    "github.com": rf"/({_NAME})/({_NAME})(?:\.git)?(?:/(?:tree|blob|commits?)/.+)?/?",
    "gitlab.com": rf"/({_NAME})/({_NAME}(?:/{_NAME})*?)(?:\.git)?(?:/-/(?:tree|blob|commits?)/.+)?/?",
    "codeberg.org": rf"/({_NAME})/({_NAME})(?:\.git)?(?:/src(?:/.+)?)?/?",
    "bitbucket.org": rf"/({_NAME})/({_NAME})(?:\.git)?(?:/src(?:/.+)?)?/?",
    "git.sr.ht": rf"/(~{_NAME})/({_NAME})(?:/(?:tree|log)(?:/.+)?)?/?",
}
_FORGES = {host: re.compile(page, re.ASCII) for host, page in _PAGES.items()}
# The forges' own pages, where an owner's name would be.
_NO_OWNERS = re.compile(
    "about|apps|collections|contact|customer-stories|dashboard|enterprise|events|explore|features|groups|help|issues"
    "|login|marketplace|new|notifications|orgs?|pricing|product|pulls|search|security|settings|signup|site|sponsors"
    "|stars|team|topics|trending|users?|workspaces",
    re.IGNORECASE,
)


def repository_url(url: str) -> str | None:
    """Return the address to clone from if ``url`` shows a git repository, else None.

    That is: a well-known forge's page of a repository as a whole, or of its files and commits; and any path that ends
    in ``.git``. Issues, merge requests, wikis and releases of a repository are pages of their own, not the repository.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if parts.scheme not in ("http", "https") or not host:
        return None
    if forge := _FORGES.get(host):
        found = forge.fullmatch(parts.path)
        if not found or _NO_OWNERS.fullmatch(found[1]):
            return None
        ending = "" if host == "git.sr.ht" else ".git"
        return f"https://{host}/{found[1]}/{found[2]}{ending}"
    if parts.path.rstrip("/").endswith(".git"):
        # Without a name and password somebody wrote into the address.
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    return None
