"""The claims of the paper, tried on our results: paired over seeds, one rule for all.

`paper["claims"]` is a list of {text: str, better: row, worse: row, expect: one of
`EXPECTED`}. A claim is tried on every number that both rows print or have, unless it is
counted, and on the mean of these numbers. Larger is better; a number with `is_error`
counts with a minus. With `share`, {number: float}, `better` has to reach that share of
`worse`. With `no_toy`, a str, embedded data give numbers but no verdict, for that
reason. `paper["toy_note"]` is what a reader has to know before any verdict on embedded
data.

The rule: d is `better` minus `worse` of one seed, in the newest results of both rows on
the same data. With fewer than `FEWEST` seeds nothing can be told. Else the row is
better if the mean of d is more than t standard errors above zero, and worse if it is
as far below, where t is the 95 % quantile of Student's distribution: noise alone passes
for a gain once in 20 claims, and for a loss once in 20. A claim of "better" shows if
it is better and does not show if it is worse; a claim of "no better" shows if it is
worse and does not show if it is better. What lies between cannot be told from noise;
that two rows are equal is never said to show.
"""

import math
import statistics

from naive_student_tf.results_table import MISSING, format_difference
from naive_student_tf.tables import markdown
from naive_student_tf.tables.measured import is_toy

EXPECTED = ("better", "no better")
SHOWS, DOES_NOT_SHOW = "shows", "does not show"
NOISE, NOT_RUN = "cannot be told from noise", "not run"
NOT_HERE = "not at this scale"
FEWEST = 3
MEAN = "mean"
# By the degrees of freedom, n - 1; the last one serves for all above (it is larger).
T_95 = {2: 2.920, 3: 2.353, 4: 2.132, 5: 2.015, 6: 1.943, 7: 1.895, 8: 1.860, 9: 1.833}
_HEADER = ("claim", "number", "paper", "ours", "seeds above 0", "data", "verdict")
RULE = (
    "Paper and ours: the difference between the two rows that a claim compares, of an "
    "error how much smaller it is; ours within each seed, mean ± standard deviation. "
    "`shows` and `does not show`: the "
    "mean is further from zero, on the claimed side or on the other, than noise alone "
    f"is once in 20 claims (Student's t, {FEWEST} seeds or more). That two rows are "
    "equal is never said to show."
)


def section(paper, results):
    """Markdown below a table: the claims and the rule; '' without claims."""
    if not paper.get("claims"):
        return ""
    noted = "".join(f"{note}\n\n" for note in notes(paper, results))
    return f"\n## Claims\n\n{noted}{table(paper, results)}\n{RULE}\n"


def notes(paper, results):
    """What stands above the claims, a list of Markdown paragraphs: of embedded data,
    what to know before the verdicts, and why some claims have none."""
    of_claims = [(c, try_claim(paper, results, c)) for c in paper.get("claims", ())]
    if not any(is_toy(of["data"]) for _, tried in of_claims for of in tried):
        return []
    reasons = [
        claim["no_toy"]
        for claim, tried in of_claims
        if any(of["verdict"] == NOT_HERE for of in tried)
    ]
    found = (
        [f"**At the toy scale.** {paper['toy_note']}"] if "toy_note" in paper else []
    )
    return [*found, *(f"`{NOT_HERE}`: {why}." for why in dict.fromkeys(reasons))]


def table(paper, results):
    """Markdown: a line per claim and number; '' without claims."""
    lines = []
    for claim in paper.get("claims", ()):
        for i, tried in enumerate(try_claim(paper, results, claim)):
            lines.append(["" if i else claim["text"], *_cells(tried)])
    return markdown.table(_HEADER, lines) if lines else ""


def try_claim(paper, results, claim):
    """Tries a claim on each of its numbers and on their mean.

    Args:
        paper: dict, see render.py.
        results: list of dict, oldest first.
        claim: dict, see the module docstring.

    Returns:
        list of dict(key: str, name: str, printed: float or None, differences: list of
        float, data: str or None, verdict: str), the mean last.

    Raises:
        ValueError: the claim names a row that there is not, or expects something else.
    """
    _check(paper, claim)
    keys = _keys(paper, results, claim)
    signs = {key: -1 if paper["numbers"][key].get("is_error") else 1 for key in keys}
    groups = [([key], paper["numbers"][key]["name"]) for key in keys]
    if len(keys) > 1:
        groups.append((keys, f"mean of the {len(keys)}"))
    tried = []
    for of, name in groups:
        data, found = differences(
            results,
            claim["better"],
            claim["worse"],
            keys={key: signs[key] for key in of},
            share=claim.get("share", {}),
        )
        tried.append(
            {
                "key": MEAN if len(of) > 1 else of[0],
                "name": name,
                "printed": _printed_difference(paper, claim, of, signs),
                "differences": found,
                "data": data,
                "verdict": _verdict(claim, data, found),
            }
        )
    return tried


def _verdict(claim, data, found):
    if found and is_toy(data) and "no_toy" in claim:
        return NOT_HERE
    return verdict(found, expect=claim["expect"])


def verdict(differences, *, expect):
    """Judges the differences of the seeds by the rule of the module docstring."""
    count = len(differences)
    if not count:
        return NOT_RUN
    if count < FEWEST:
        return NOISE
    mean = statistics.mean(differences)
    error = statistics.stdev(differences) / math.sqrt(count)
    if abs(mean) <= T_95[min(count - 1, max(T_95))] * error:
        return NOISE
    return SHOWS if (mean > 0) == (expect == "better") else DOES_NOT_SHOW


def differences(results, better, worse, *, keys, share):
    """`better` minus the share of `worse`, seed by seed; of several keys, the mean.

    `keys` is {key: 1, or -1 where smaller is better}. Of several data sets the one
    counts on which the newest pair was measured; of several lines of a row and seed,
    the newest.

    Returns:
        (name of the data set, list of float); (None, []) without a pair.
    """
    values = {}  # data -> seed -> row -> number
    data = None
    for line in results:
        if line["row"] in (better, worse) and set(keys) <= set(line["metrics"]):
            of_seed = values.setdefault(line["data"], {}).setdefault(line["seed"], {})
            shares = share if line["row"] == worse else {}
            numbers = [
                sign * line["metrics"][key] * shares.get(key, 1)
                for key, sign in keys.items()
            ]
            of_seed[line["row"]] = statistics.mean(numbers)
            data = line["data"] if len(of_seed) == 2 else data
    pairs = [rows for rows in values.get(data, {}).values() if len(rows) == 2]
    return data, [rows[better] - rows[worse] for rows in pairs]


def _check(paper, claim):
    for row in (claim["better"], claim["worse"]):
        if row not in paper["rows"]:
            raise ValueError(
                f"{paper['table']}: the claim {claim['text']!r} names the row {row!r}; "
                f"there are {list(paper['rows'])}."
            )
    if claim.get("expect") not in EXPECTED:
        raise ValueError(
            f"{paper['table']}: the claim {claim['text']!r} expects "
            f"{claim.get('expect')!r}; give one of {EXPECTED}."
        )


def _keys(paper, results, claim):
    """The numbers of a claim, in the order of the table."""
    known = []
    for row in (claim["better"], claim["worse"]):
        measured = (set(r["metrics"]) for r in results if r["row"] == row)
        known.append(set(paper["rows"][row]["printed"]).union(*measured))
    return [
        key
        for key, number in paper["numbers"].items()
        if all(key in keys for keys in known) and "count" not in number
    ]


def _printed_difference(paper, claim, keys, signs):
    """What the paper prints for `better` minus `worse`; None where it prints none."""
    rows = [paper["rows"][claim[name]]["printed"] for name in ("better", "worse")]
    values = [[row.get(key, {}).get("value") for key in keys] for row in rows]
    if "share" in claim or any(value is None for of_row in values for value in of_row):
        return None
    return statistics.mean(
        signs[key] * (float(better) - float(worse))
        for key, better, worse in zip(keys, *values, strict=True)
    )


def _cells(tried):
    found = tried["differences"]
    ours = format_difference(statistics.mean(found) if found else None)
    if len(found) > 1:
        ours += f" ± {statistics.stdev(found):.1f}"
    above = f"{sum(d > 0 for d in found)} of {len(found)}" if found else MISSING
    printed = format_difference(tried["printed"])
    data = tried["data"] or MISSING
    return [tried["name"], printed, ours, above, data, tried["verdict"]]
