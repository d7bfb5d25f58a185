"""The style sheet of the report: system fonts, light and dark, wide and narrow."""

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1b1f24; --muted: #5a6572; --line: #dde2e8; --paper: #ffffff;
  --accent: #0b62c4; --up: #14702f; --down: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8ebef; --muted: #a3adba; --line: #313945; --paper: #12161c;
    --accent: #6cb2ff; --up: #5fd38a; --down: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 72rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
    "DejaVu Sans", sans-serif;
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { margin: 3rem 0 0.75rem; font-size: 1.2rem; }
h3 { margin: 1.5rem 0 0.4rem; font-size: 1rem; }
p { margin: 0.5rem 0; max-width: 46rem; }
.lead { font-size: 1.1rem; }
.note { color: var(--muted); font-size: 0.9rem; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td {
  padding: 0.4rem 0.9rem; border-bottom: 1px solid var(--line);
  text-align: right; white-space: nowrap;
}
thead th { color: var(--muted); font-size: 0.85rem; font-weight: 600; }
tbody th { font-weight: 500; }
th:first-child, .text { text-align: left; }
th:first-child {
  position: sticky; left: 0; padding-left: 0; background: var(--paper);
}
.best { font-weight: 700; }
.gain {
  display: inline-block; width: 3rem; font-size: 0.8rem; font-weight: 400;
}
.up { color: var(--up); }
.down { color: var(--down); }
.groups {
  display: grid; gap: 0 2.5rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
}
.settings td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.settings th { color: var(--muted); vertical-align: top; }

.charts {
  display: grid; gap: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr));
}
.charts svg { display: block; width: 100%; max-width: 26rem; height: auto; }
.charts text {
  font-family: inherit !important;
  paint-order: stroke; stroke: var(--paper); stroke-width: 3px;
}

.charts.small {
  grid-template-columns: repeat(auto-fill, minmax(max(12rem, 22%), 1fr));
}
.charts.small svg { max-width: 18rem; }

.confusion { font-size: 0.75rem; }
.confusion th, .confusion td { padding: 1px; border: 0; text-align: center; }
.confusion th:first-child { text-align: right; padding-right: 0.5rem; }
.confusion thead th:not(:first-child) {
  writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
  padding: 0.4rem 0; font-size: 0.75rem;
}
.confusion td { min-width: 2.3rem; color: var(--muted); }
.confusion td span {
  display: block; line-height: 2; color: var(--ink);
  background: color-mix(in srgb, var(--accent) var(--share), transparent);
}
.confusion td .dark { color: var(--paper); }

.bars { width: 8rem; }
.classes th, .classes td { padding-top: 0.25rem; padding-bottom: 0.25rem; }
.bars span { display: block; height: 6px; margin: 2px 0; border-radius: 2px; }
.bars .before { background: var(--muted); opacity: 0.55; }
.bars .after { background: var(--accent); }
.swatch {
  display: inline-block; width: 0.9em; height: 0.9em; margin-right: 0.45em;
  border: 1px solid var(--line); border-radius: 3px; vertical-align: -0.08em;
}
.legend {
  display: flex; flex-wrap: wrap; gap: 0.15rem 1.1rem; margin: 0.4rem 0; padding: 0;
  list-style: none; font-size: 0.9rem;
}
.legend .kind { color: var(--muted); min-width: 3.5rem; }

figure { margin: 0; }
.row { margin: 1.25rem 0 1.75rem; }
.row > figcaption { font-weight: 600; margin-bottom: 0.4rem; }
.pictures {
  display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr));
}
.pictures figcaption { margin-top: 0.25rem; color: var(--muted); font-size: 0.85rem; }
.pictures img, .strip img { display: block; border-radius: 4px; }
.pictures img { width: 100%; height: auto; }
.strip img { max-width: none; width: 100%; min-width: 44rem; height: auto; }
"""
