"""The worst and the best images of an evaluation, kept while it runs."""

import math

WORST, BEST = "worst", "best"


class Extremes:
    """Keeps the `number` worst and the `number` best images; memory is theirs only."""

    def __init__(self, number):
        self._number = number
        self._kept = {WORST: [], BEST: []}  # (score, frame, predicted), best last

    def add(self, score, frame, predicted):
        """Offers one image.

        Args:
            score: float, in percent; an image whose score is NaN is not ranked.
            frame: Frame.
            predicted: dict of its predictions, copied if it is kept.
        """
        if math.isnan(score):
            return
        for kind, sign in ((WORST, 1), (BEST, -1)):
            kept = self._kept[kind]
            if len(kept) < self._number or (kept and sign * score < sign * kept[-1][0]):
                copies = {name: value.copy() for name, value in predicted.items()}
                kept.append((score, frame, copies))
                kept.sort(key=lambda entry: sign * entry[0])
                del kept[self._number :]

    def kept(self):
        """Yields ("worst" or "best", frame, predicted), the most extreme first."""
        for kind, entries in self._kept.items():
            for _, frame, predicted in entries:
                yield kind, frame, predicted

    def names(self):
        """dict(worst=[names], best=[names]), the most extreme first."""
        return {
            kind: [frame.filename for _, frame, _ in entries]
            for kind, entries in self._kept.items()
        }
