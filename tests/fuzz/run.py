"""Throw generated requests at a real server and judge every answer: ``make fuzz-api``.

Schemathesis makes the requests from the OpenAPI page, valid and invalid ones, singly and in chains that use what
earlier answers held. `schemathesis.toml` says which checks are off for which operation, and why.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # where pytest looks too
from live_server import Live, serving

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Report:
    """How a run ended. ``text`` is what schemathesis and the server's log say of its failures."""

    requests: int
    failures: int
    operations: int
    text: str


def fuzz(max_examples: int, seed: int, *, echo: bool = False) -> Report:
    """Fuzz a server of its own on a temporary archive.

    Args:
        max_examples: generated requests per operation in the fuzzing phase, and chains in the stateful one.
        seed: the same seed makes the same requests.
        echo: print what schemathesis prints, as it comes.
    """
    with tempfile.TemporaryDirectory(prefix="pagekeep-fuzz-") as folder:
        home = Path(folder)
        with serving(home) as live:
            text = _schemathesis(live, max_examples, seed, home, echo=echo)
            report = json.loads((home / "report.json").read_text())
            errors = live.log.read_text()
    cases, operations = report["test_cases"], report["operations"]
    failures = cases["unique_failures"] + operations["errored"] + errors.count("Traceback")
    return Report(cases["generated"], failures, operations["tested"], text + errors)


def _schemathesis(live: Live, max_examples: int, seed: int, home: Path, *, echo: bool) -> str:
    command = [
        *(str(Path(sys.executable).with_name("st")), "--config-file", str(HERE / "schemathesis.toml"), "run"),
        f"{live.address}/api/v1/openapi.json",
        *("--header", f"X-ArchiveBox-API-Key: {live.token}"),
        *("--max-examples", str(max_examples), "--seed", str(seed), "--continue-on-failure"),
        *("--report", "json", "--report-json-path", str(home / "report.json")),
    ]
    # Its own files (crashes to replay, Hypothesis' examples) stay in the temporary folder.
    out = None if echo else subprocess.PIPE
    ended = subprocess.run(command, cwd=home, stdout=out, stderr=subprocess.STDOUT, text=True, check=False)
    return ended.stdout or ""


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="how many requests at least")
    parser.add_argument("--max-examples", type=int, default=60, help="generated requests per operation and round")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the first round's seed")
    asked = parser.parse_args()
    total = failures = rounds = 0
    while total < asked.requests and not failures:
        report = fuzz(asked.max_examples, asked.seed + rounds, echo=True)
        total, failures, rounds = total + report.requests, failures + report.failures, rounds + 1
        print(f"{total} requests to {report.operations} operations, {failures} failures", flush=True)  # noqa: T201
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
