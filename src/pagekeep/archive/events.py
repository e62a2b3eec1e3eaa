"""Triggers that note every change of a snapshot's or crawl's state for the webhooks, whoever makes it.

They cost nothing where no webhook is enabled. What they note is read once, by `services/fan_out_events.py`.
"""

from pagekeep.archive.trigger_sql import Trigger

_FACTS = {
    "snapshot": "'url', NEW.url, 'title', NEW.title, 'reason', NEW.reason, 'response_status', NEW.response_status,"
    " 'crawl_id', NEW.crawl_id, 'timestamp', NEW.timestamp",
    "crawl": "'label', NEW.label, 'max_depth', NEW.max_depth, 'outcome', NEW.outcome,"
    " 'limit_reached', NEW.limit_reached",
}


def _note(kind: str, moment: str, former: str, condition: str) -> Trigger:
    return Trigger(
        moment,
        f"archive_{kind}",
        f"""
            INSERT INTO archive_webhookevent (at, type, object_id, facts) VALUES (
                {{now}}, '{kind}.' || NEW.status, NEW.id,
                {{json_object}}('status', NEW.status, 'former_status', {former}, {_FACTS[kind]})
            );""",  # noqa: S608 (nothing that is put in comes from outside)
        f"{condition} AND EXISTS (SELECT 1 FROM archive_webhook WHERE enabled)",  # noqa: S608
    )


EVENT_TRIGGERS: dict[str, Trigger] = {
    f"note_{kind}_{name}": _note(kind, moment, former, condition)
    for kind in _FACTS
    for name, moment, former, condition in (
        ("made", "AFTER INSERT", "NULL", "NEW.id IS NOT NULL"),
        ("changed", "AFTER UPDATE OF status", "OLD.status", "NEW.status <> OLD.status"),
    )
}
