"""`./bank bench`: what builds, loads, starts and pages cost, as ratios to the floor of the same run.

CPU seconds of whole process trees, because wall time says as much about the neighbours as about us.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from orchestration.cli.console import say, table
from runtime.files import write_json_atomic
from runtime.settings import PROJECT_ROOT
from tests.benchmarks.measure import Cost, answers, bank, dashboard, python
from tests.benchmarks.tables import tell

GENERATE = """
import sys
from datetime import date
from pathlib import Path
from data.demo import generate
generate(Path(sys.argv[1]) / "landing/demo", Path(sys.argv[1]) / "truth", customers=int(sys.argv[2]),
         months=int(sys.argv[3]), end=date(2025, 12, 31), peers=Path(sys.argv[1]) / "landing/fdic")
"""

LOAD_FLOOR = """
import sys, duckdb
with duckdb.connect(sys.argv[1] + "/floor-load.duckdb") as connection:
    files = sys.argv[1] + "/landing/demo/transaction_*.csv"
    connection.execute("set threads = 2")
    connection.execute(f"create or replace table t as select * from read_csv('{files}')")
"""

LOAD = """
import sys
from data.ingest.load import ingest
from runtime.settings import Settings
ingest(Settings.model_validate({"BANK_DATA": sys.argv[1]}), "demo", tables=[sys.argv[2]])
"""

FLOOR = "import sys; from tests.benchmarks.floor import main; main(sys.argv[1])"

METRIC = ["metrics", "query", "--metrics", "net_profit", "--group-by", "metric_time__month"]


def run_benchmarks(*, customers: int, months: int = 36, large: bool = False) -> None:
    """Measure, print, and keep the figures in `test-artifacts/bench.json`.

    `large` adds a history twice as long, and ten times the customers. The dashboard is measured over the
    last of these banks.
    """
    figures: dict[str, dict[str, object]] = {}
    sizes = [(customers, months)]
    if large:
        sizes += [(customers, 2 * months), (10 * customers, months)]
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="bank-bench-") as folder:
            data = Path(folder) / "bank"
            found = figures[f"{size[0]} customers, {size[1]} months"] = _size(data, *size)
            if size == sizes[-1]:
                found["dashboard"] = sites = dashboard(data / "published")
                tell(sites)
    file = PROJECT_ROOT / "test-artifacts" / "bench.json"
    write_json_atomic(file, figures)
    say(f"Kept in {file}")


def _size(data: Path, customers: int, months: int) -> dict[str, object]:
    say(f"[bold]{customers} customers, {months} months[/]")
    costs: dict[str, Cost] = {}
    costs["demo bank written"] = python(GENERATE, str(data), str(customers), str(months))
    for parent in ("customer", "branch", "product", "account", "card"):
        python(LOAD, str(data), parent)
    costs["transactions: plain CTAS"] = python(LOAD_FLOOR, str(data))
    costs["transactions: loaded and checked"] = python(LOAD, str(data), "transaction")
    costs["the rest ingested"] = bank(data, "ingest")
    costs["whole build"] = bank(data, "build")
    costs["the same SQL in DuckDB"] = python(FLOOR, str(data))
    costs["nothing to build"] = bank(data, "build")
    costs["up again, until it is ready"] = bank(data, "up", until="Ready in")
    costs["one month rebuilt"] = bank(data, "build", "--from", "2025-12", "--to", "2025-12")
    costs["first metric of a process"] = bank(data, *METRIC)
    costs["help"] = bank(data, "help")
    latency = answers(data / "published")
    empty = data.with_name("empty-bank")
    (empty / "landing/demo").mkdir(parents=True)
    for name in ("branch", "product", "customer"):
        source = next((data / "landing/demo").glob(f"{name}_20251231.csv"))
        (empty / "landing/demo" / source.name).write_text(source.read_text().splitlines()[0] + "\n")
    bank(empty, "ingest")
    costs["empty run"] = bank(empty, "build")
    table(
        ["what", "CPU s", "wall s", "peak MB"],
        [
            [what, f"{c.cpu_seconds:.1f}", f"{c.wall_seconds:.1f}", f"{c.peak_mb:.0f}"]
            for what, c in costs.items()
        ],
        right=["CPU s", "wall s", "peak MB"],
    )
    blank = costs["empty run"]
    whole = costs["whole build"].less(blank)
    ratios = {
        "load with checks to plain CTAS (aim 2.0)": costs["transactions: loaded and checked"]
        / costs["transactions: plain CTAS"],
        "whole build to its SQL in DuckDB": costs["whole build"] / costs["the same SQL in DuckDB"],
        "the same, less an empty run (aim 1.5 at 10 million)": whole / costs["the same SQL in DuckDB"],
        f"one month to all {months}, less an empty run (aim 0.083)": costs["one month rebuilt"].less(blank)
        / whole,
    }
    table(["ratio", ""], [[what, f"{value:.2f}"] for what, value in ratios.items()], right=[""])
    table(
        [f"{latency['questions']:.0f} random metric queries, ms", "median", "95th percentile"],
        [
            [what, f"{latency[f'{name} p50 ms']:.0f}", f"{latency[f'{name} p95 ms']:.0f}"]
            for name, what in (
                ("first", "asked for the first time (aim 100)"),
                ("compilation", "of it compiling"),
                ("warm", "asked again"),
                ("hand", "the same SQL by hand"),
            )
        ],
        right=["median", "95th percentile"],
    )
    say(f"Asked again to by hand: {latency['warm to hand']:.2f} (aim 2)")
    return {
        "costs": {what: vars(cost) for what, cost in costs.items()},
        "ratios": ratios,
        "latency": latency,
    }
