"""Every metric on one page of HTML that needs nothing else: no server, no other file, no other host."""

from __future__ import annotations

from html import escape

from dashboards.metrics.describe import checks_on, facts, sql_of, state
from dashboards.metrics.registry import Metric, registry
from dashboards.snapshot import Snapshot

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Metrics</title>
<style>
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 15%, transparent); }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem .7rem; margin: .5rem 0 1rem; }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; display: flex; flex-wrap: wrap; gap: 0 .8rem; align-items: baseline; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .7rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; }
dt, .aside { opacity: .7; }
dd { margin: 0; overflow-wrap: anywhere; }
.aside { margin-left: auto; }
</style>
</head>
<body>
"""

_SEARCH = """<script>
const found = document.getElementById("found"), metrics = [...document.querySelectorAll("details")];
function search(words) {
  const wanted = words.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const metric of metrics) {
    const text = metric.textContent.toLowerCase();
    metric.hidden = !wanted.every(word => text.includes(word));
    shown += !metric.hidden;
  }
  found.textContent = `${shown} of ${metrics.length}`;
}
document.getElementById("search").addEventListener("input", event => search(event.target.value));
function unfold() {
  const metric = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (metric) { metric.open = true; metric.scrollIntoView(); }
}
addEventListener("hashchange", unfold);
search(""); unfold();
</script>
</body>
</html>
"""


def metrics_page(snapshot: Snapshot) -> str:
    """One searchable list of all metrics, each with its facts, the tests of what it reads, and its SQL."""
    info = snapshot.info
    known = f"{info['bank']}, build {snapshot.build}, data to {info['business_date']}"
    body = [
        "<h1>Metrics</h1>",
        f"<p>{escape(known)}.</p>",
        '<input id="search" type="search" placeholder="A name, a word, a table, an authority …" autofocus>',
        '<p id="found"></p>',
        *(_metric(snapshot, metric) for metric in registry(snapshot)),
    ]
    return _HEAD + "\n".join(body) + "\n" + _SEARCH


def _metric(snapshot: Snapshot, metric: Metric) -> str:
    told = "".join(
        f"<dt>{escape(fact)}</dt><dd>{escape(value)}</dd>" for fact, value in facts(snapshot, metric).items()
    )
    tests = "".join(f"<li><code>{escape(test)}</code></li>" for test in checks_on(snapshot, metric))
    aside = f"{metric.domain} · {state(snapshot, metric)}"
    return (
        f'<details id="{escape(metric.id)}">'
        f"<summary><b>{escape(metric.label)}</b> <code>{escape(metric.id)}</code>"
        f'<span class="aside">{escape(aside)}</span></summary>'
        f"<p>{escape(metric.description)}</p><dl>{told}</dl>"
        f"<p>Tests of what it reads</p><ul>{tests}</ul>"
        f"<p>SQL by month</p><pre>{escape(sql_of(snapshot, metric))}</pre></details>"
    )
