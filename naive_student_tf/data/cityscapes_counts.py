"""How many frames the splits of Cityscapes have, and in which cities.

A download that is not finished looks like a smaller data set; here it is told.
"""

from absl import logging

# One frame of train_extra is corrupt and never listed: 19,998 on disk.
KNOWN_COUNTS = {
    "train_fine": 2975,
    "val_fine": 500,
    "test_fine": 1525,
    "train_extra": 19_997,
    "train_sequence": 89_250,
    "val_sequence": 15_000,
    "test_sequence": 45_750,
}
CITIES = {  # by the folder below leftImg8bit
    "train": "aachen bochum bremen cologne darmstadt dusseldorf erfurt hamburg hanover "
    "jena krefeld monchengladbach strasbourg stuttgart tubingen ulm weimar zurich",
    "val": "frankfurt lindau munster",
    "test": "berlin bielefeld bonn leverkusen mainz munich",
    "train_extra": "augsburg bad-honnef bamberg bayreuth dortmund dresden duisburg "
    "erlangen freiburg heidelberg heilbronn karlsruhe konigswinter konstanz mannheim "
    "muhlheim-ruhr nuremberg oberhausen saarbrucken schweinfurt troisdorf wuppertal "
    "wurzburg",
}


def warn_of_missing(split, cities, count):
    """Warns where a split of the real Cityscapes is not whole.

    It is the real one if one of its cities is: other data in this layout (toy_city,
    your own) may have any number of frames.

    Args:
        split: str; others than those of KNOWN_COUNTS may have any number, too.
        cities: iterable of str, those of its frames.
        count: int, of its frames.
    """
    there, subset = set(cities), split.removesuffix("_fine").removesuffix("_sequence")
    known = set(CITIES.get(subset, "").split())
    if not there & known or count == KNOWN_COUNTS[split]:
        return
    lacking = sorted(known - there)
    logging.warning(
        "%s: %d frames are here, Cityscapes has %d%s. Copy the rest first, unless a "
        "part of the data set is what you want.",
        *(split, count, KNOWN_COUNTS[split]),
        f" (nothing of {', '.join(lacking)})" if lacking else "",
    )
