"""Which addresses messages to webhooks may go to."""

from pagekeep.capture.network.addresses import AddressPolicy
from pagekeep.config.load import settings
from pagekeep.services.listeners import own_addresses

SETTING = "PAGEKEEP_WEBHOOK_ALLOW_PRIVATE"


def webhook_policy() -> AddressPolicy:
    """Return the rule: public addresses, those the setting lists, and never Pagekeep itself.

    It is another list than that of pages: who may be notified is no place archived pages may look into.
    """
    return AddressPolicy(settings().webhook_allow_private, own_addresses(), setting=SETTING)
