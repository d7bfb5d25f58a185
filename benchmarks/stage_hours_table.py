"""The text of benchmarks/stage_hours.md, see stage_hours.py."""

NOT_RUN = "not run"
HEADER = (
    "From the record of the TPU dry run (`tpu_dry_run.md`); no TPU was there and "
    "nothing was run on one. Where the estimate of a step is `roofline`, it is the "
    "larger of flops over published peak and bytes over published bandwidth: a lower "
    "bound. Where it is `cycles`, it is what libtpu's compiler reckons for its own "
    "program, unproven. Hours with `≥` have a lower bound in them. Neither knows "
    "input, host and collectives. Prediction is 7 scales and flip, always by "
    "roofline, and where the slice was not compiled for, with the work of another. "
    "Without drop path or multi-grid a network counts as with them: they leave the "
    "multiply-adds as they are. ImageNet takes one host, whose reader feeds no other: "
    "no hours on a slice of several."
)
UPDATE_COLUMNS = (
    "training",
    "network",
    "batch",
    "slice",
    "examples per core",
    "HBM per core, GiB",
    "s per update",
    "estimate",
)


def table(found, prices=None):
    """The whole text of stage_hours.md.

    Args:
        found: dict of `figures`.
        prices: dict of generation -> dollars per chip-hour, or None.
    """
    slices = list(found["chips"])
    costs = [f"dollars on {s}" for s in slices] if prices else []
    lines = [
        "# Hours of the paper's stages on TPU slices",
        "",
        f"Written by `python -m benchmarks.stage_hours`; do not edit. {HEADER}",
        "",
        "## One update",
        "",
        *_lines(
            UPDATE_COLUMNS,
            map(_update_cells, found["updates"]),
        ),
        "",
        "## Stages",
        "",
        "Hours on the whole slice, from the first to the last update or frame. "
        "`times`: how many different ones all rows together need.",
        "",
        *_lines(
            ["stage", "network", "work", *(f"h on {s}" for s in slices), "times"],
            map(_stage_cells, found["stages"]),
        ),
        "",
        "## Rows of the tables",
        "",
        "Each row alone, from nothing: sums over the stages on record. `+ n` are "
        "stages that are not on record and not in the sum.",
        "",
        *_lines(
            ["row"]
            + [f"h on {s} ({found['chips'][s]} chips)" for s in slices]
            + [f"chip-hours {s}" for s in slices]
            + costs,
            (
                _row_cells(row, sums, found["chips"], prices)
                for row, sums in found["rows"].items()
            ),
        ),
    ]
    return "\n".join(lines) + "\n"


def _lines(header, rows):
    for cells in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(map(str, cells))} |"


def _update_cells(row):
    found = row["found"]
    first = [row["task"], row["network"], row["batch"], row["slice"]]
    if found is None:
        return [*first, "", "", NOT_RUN, ""]
    parts = f" in {found['parts']} parts" if found["parts"] > 1 else ""
    peak, limit = (found[f"hbm_{key}_bytes"] / 2**30 for key in ("peak", "limit"))
    seconds = found["seconds"]
    return [
        *first,
        f"{found['per_core']}{parts}",
        f"{peak:.2f} of {limit:.2f}" + ("" if found["fits"] else ": does not fit"),
        NOT_RUN if seconds is None else f"{seconds:.3f}",
        found["estimate"],
    ]


def _stage_cells(stage):
    work = stage["updates"] or stage["frames"]
    unit = "updates" if stage["updates"] else "frames"
    return [
        f"`{stage['role']}`",
        stage["network"],
        f"{stage['task']}: {work:,} {unit}"
        if work
        else f"{stage['task']}: other passes",
        *map(_hours, stage["hours"].values()),
        stage["times"],
    ]


def _row_cells(row, sums, chips_of, prices):
    cells = [row]
    for factor in (dict.fromkeys(chips_of, 1), chips_of):
        for slice_, found in sums.items():
            value, missing = _hours(found, factor[slice_]), found["stages_not_run"]
            cells.append(f"{value} + {missing}" if missing else value)
    for slice_ in chips_of if prices else ():
        price = prices.get(slice_.partition(":")[0])
        chip_hours = sums[slice_]["hours"] * chips_of[slice_]
        sign = "≥ " if sums[slice_]["is_bound"] else ""
        text = "no price" if price is None else f"{sign}{chip_hours * price:,.0f}"
        cells.append(text)
    return cells


def _hours(found, factor=1):
    if found is None:
        return NOT_RUN
    sign = "≥ " if found["is_bound"] else ""
    return f"{sign}{found['hours'] * factor:,.1f}"
