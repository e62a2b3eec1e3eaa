"""A trigger for each row, said once, in the words of both databases; and how PostgreSQL is given any trigger.

Conditions and statements are SQL that SQLite and PostgreSQL both understand. What they call by different names stands
in it as ``{now}`` (the moment of the change) and ``{json_object}`` (a JSON object of names and values in turn).
"""

from dataclasses import dataclass

_SQLITE = {"now": "strftime('%Y-%m-%d %H:%M:%f', 'now')", "json_object": "json_object"}
_POSTGRES = {"now": "clock_timestamp()", "json_object": "json_build_object"}

TAKE_TURN = "pg_advisory_xact_lock(1346717547)"  # "PEKK": any number that nobody else uses in this database
"""The turn to write to an archive on PostgreSQL: held until the transaction ends, first come, first served."""

OWN = "pagekeep_"
"""How the names of our functions in PostgreSQL begin."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """What happens with each row that is written.

    Attributes:
        moment: like ``AFTER UPDATE OF status``.
        table: whose rows.
        statements: each ends with a semicolon; OLD and NEW are the row before and after.
        condition: of the row; all if empty.
    """

    moment: str
    table: str
    statements: str
    condition: str = ""

    def on_sqlite(self, name: str) -> str:
        """Return the statement that makes it: SQLite keeps its text."""
        when = f" WHEN {self.condition}" if self.condition else ""
        text = f"CREATE TRIGGER {name} {self.moment} ON {self.table}{when} BEGIN {self.statements} END"
        return _told(text, _SQLITE)

    def on_postgres(self) -> str:
        """Return the body of its function; the first line says when it is called."""
        condition = self.condition or "TRUE"  # not in WHEN, which may not look at other tables
        return _told(
            f"""-- {self.moment} ON {self.table} FOR EACH ROW
            BEGIN
                IF {condition} THEN {self.statements} END IF;
                RETURN COALESCE(NEW, OLD);
            END""",
            _POSTGRES,
        )


def take_turn_on(table: str) -> str:
    """Return the body of the function that has every statement that writes to a table take its turn before it begins.

    It is called before the first row is touched, so that nobody who waits for the turn holds a row meanwhile.
    """
    return f"""-- BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH STATEMENT
            BEGIN
                PERFORM {TAKE_TURN};
                RETURN NULL;
            END"""


def make_on_postgres(name: str, body: str) -> list[str]:
    """Return the statements that make a function of this body and the trigger that calls it when its first line says.

    Args:
        name: of the trigger; the function has `OWN` in front.
    """
    called = body.partition("\n")[0].removeprefix("-- ")
    return [
        f"DROP FUNCTION IF EXISTS {OWN}{name} CASCADE",
        f"CREATE FUNCTION {OWN}{name}() RETURNS trigger LANGUAGE plpgsql AS $pagekeep${body}$pagekeep$",
        f"CREATE TRIGGER {name} {called} EXECUTE FUNCTION {OWN}{name}()",
    ]


def _told(text: str, words: dict[str, str]) -> str:
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
