"""Triggers that note every change of a snapshot's or crawl's state for the webhooks, whoever makes it.

They cost nothing where no webhook is enabled. What they note is read once, by `services/fan_out_events.py`.
"""

_FACTS = {
    "snapshot": "'url', NEW.url, 'title', NEW.title, 'reason', NEW.reason, 'response_status', NEW.response_status,"
    " 'crawl_id', NEW.crawl_id, 'timestamp', NEW.timestamp",
    "crawl": "'label', NEW.label, 'max_depth', NEW.max_depth, 'outcome', NEW.outcome,"
    " 'limit_reached', NEW.limit_reached",
}


def _note(kind: str, when: str, former: str, condition: str) -> str:
    return f"""
        AFTER {when} ON archive_{kind}
        WHEN {condition} AND EXISTS (SELECT 1 FROM archive_webhook WHERE enabled)
        BEGIN
            INSERT INTO archive_webhookevent (at, type, object_id, facts) VALUES (
                strftime('%Y-%m-%d %H:%M:%f', 'now'), '{kind}.' || NEW.status, NEW.id,
                json_object('status', NEW.status, 'former_status', {former}, {_FACTS[kind]})
            );
        END"""  # noqa: S608 (nothing that is put in comes from outside)


EVENT_TRIGGERS: dict[str, str] = {
    f"note_{kind}_{name}": _note(kind, when, former, condition)
    for kind in _FACTS
    for name, when, former, condition in (
        ("made", "INSERT", "NULL", "NEW.id IS NOT NULL"),
        ("changed", "UPDATE OF status", "OLD.status", "NEW.status IS NOT OLD.status"),
    )
}
"""Name → what follows ``CREATE TRIGGER name``, as SQLite understands it."""
