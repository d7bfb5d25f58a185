"""Who and what is on the street of a scene, where, and how fast."""

from naive_student_tf.data.toy_city import bystanders, drivers
from naive_student_tf.data.toy_city.actors import Spot

_PLACERS = {  # kind -> function of a Spot, usual distance, distance of a guest
    "car": (drivers.car, (7.0, 80.0), (7.0, 14.0)),
    "parked": (drivers.parked_car, (4.0, 80.0), (5.0, 14.0)),
    "truck": (drivers.truck, (10.0, 80.0), (9.0, 18.0)),
    "bus": (drivers.bus, (10.0, 80.0), (9.0, 18.0)),
    "train": (drivers.train, (12.0, 80.0), (9.0, 20.0)),
    "trailer": (drivers.trailer, (8.0, 40.0), (7.0, 14.0)),
    "cyclist": (drivers.cyclist, (5.0, 18.0), (5.0, 10.0)),
    "motorcyclist": (drivers.motorcyclist, (5.0, 18.0), (5.0, 10.0)),
    "person": (bystanders.person, (4.5, 20.0), (4.5, 10.0)),
    "crowd": (bystanders.crowd, (26.0, 45.0), (20.0, 30.0)),
    "bicycle": (bystanders.bicycle, (4.5, 20.0), (4.5, 9.0)),
    "motorcycle": (bystanders.motorcycle, (4.5, 20.0), (4.5, 9.0)),
    "tree": (bystanders.tree, (8.0, 90.0), (8.0, 20.0)),
    "pole": (bystanders.pole, (6.0, 70.0), (6.0, 15.0)),
    "sign": (bystanders.sign, (6.0, 36.0), (6.0, 12.0)),
    "light": (bystanders.light, (6.0, 36.0), (6.0, 12.0)),
    "bin": (bystanders.bin_, (5.0, 25.0), (5.0, 10.0)),
    "animal": (bystanders.animal, (4.5, 18.0), (4.5, 8.0)),
}


def draw_actors(draw, style, ground, *, guests):
    """A list of Actor.

    Args:
        draw: Draw of this scene.
        style: CityStyle; ground: Ground.
        guests: kinds placed close and in view, whatever the traffic.
    """
    actors = []
    for kind in guests:
        place, _, near = _PLACERS[kind]
        actors += place(Spot(draw, style, ground, draw(*near)))
    for kind, mean in style.traffic.items():
        place, usual, _ = _PLACERS[kind]
        for _ in range(draw.count(mean)):
            actors += place(Spot(draw, style, ground, draw(*usual)))
    return _without_collisions(actors)


def _without_collisions(actors):
    """Leaves out vehicles that would stand inside an earlier one."""
    kept = []
    for actor in actors:
        if not any(_collide(actor, other) for other in kept):
            kept.append(actor)
    return kept


def _collide(one, other):
    """Two vehicles in one lane, less than a metre apart; all else may overlap."""
    return (
        min(one.length, other.length) > 0
        and abs(one.x - other.x) < 2.2
        and one.z < other.z + other.length + 1.0
        and other.z < one.z + one.length + 1.0
    )
