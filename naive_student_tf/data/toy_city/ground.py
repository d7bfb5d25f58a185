"""The strips of the ground of a street."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Ground:
    """Strips from the middle of the road outwards; lengths in metres."""

    center: float  # x of the middle of the road
    half_width: float
    verge: float  # terrain between road and sidewalk
    sidewalk_width: float
    facade: float  # from the middle of the road to the buildings
    rails: float | None  # x of the middle of the track
    kerb_width: float = 0.0  # told apart from the sidewalk
    crossing: float | None = None  # z where a zebra crossing begins


def draw_ground(draw, streets, *, rails):
    """A Ground. draw: Draw; streets: style.Streets; rails: bool, with a tram track."""
    half_width = streets.road_half_width * draw(0.88, 1.12)
    center = -half_width * draw(0.15, 0.5)
    verge = draw(0.7, 2.0) if draw.chance(0.4) else 0.0
    outer = half_width + verge + streets.sidewalk_width
    return Ground(
        center=center,
        half_width=half_width,
        verge=verge,
        sidewalk_width=streets.sidewalk_width,
        facade=outer + draw(0.2, 4.0),
        rails=center + draw.side() * half_width * 0.5 if rails else None,
        kerb_width=streets.kerb_width,
        crossing=_crossing(draw, streets.crossing_share),
    )


def _crossing(draw, share):
    """z of a zebra crossing in this share of streets; 0.0 draws no number."""
    return draw(6.0, 16.0) if share and draw.chance(share) else None
