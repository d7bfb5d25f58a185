"""What was measured of a row: the lines of results.jsonl, oldest first."""

TOY = "toy"  # how the names of embedded data begin


def current(results):
    """The lines that may be averaged: of each row and data set, those of its newest
    setting (config without the seed; run_row.py), in their order."""
    settings = {(line["row"], line["data"]): line.get("setting") for line in results}
    return [
        line
        for line in results
        if line.get("setting") == settings[line["row"], line["data"]]
    ]


def left_out(results, line):
    """Seeds of the row and data of a new line that only older settings have."""
    whose = ("row", "data")
    same = [old for old in results if all(old[key] == line[key] for key in whose)]
    counted = {old["seed"] for old in current(same)}
    return sorted({old["seed"] for old in same} - counted)


def newest(results, row, key):
    """(value, line) of the last result of a row that has this number, or two None."""
    for line in reversed(results):
        if line["row"] == row and key in line["metrics"]:
            return line["metrics"][key], line
    return None, None


def over_seeds(results, row, key):
    """The newest value of each seed, on the data of the newest result; a list."""
    _, newest_line = newest(results, row, key)
    found = {}
    for line in results:
        of_row = line["row"] == row and key in line["metrics"]
        if of_row and line["data"] == newest_line["data"]:
            found[line.get("seed")] = line["metrics"][key]
    return list(found.values())


def is_toy(data):
    """Whether a data set is drawn by the project itself."""
    return data is not None and data.startswith(TOY)
