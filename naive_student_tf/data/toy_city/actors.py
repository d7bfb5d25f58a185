"""Who and what is on the street of a scene, where, and how fast."""

import dataclasses

from naive_student_tf.data.toy_city import people, street_items, vehicles
from naive_student_tf.data.toy_city.sprites import Sprite

VIEW = 0.42  # half the width of the view at distance 1: what is outside is unseen


@dataclasses.dataclass(frozen=True)
class Actor:
    """A picture standing upright in the street; lengths in metres.

    Attributes:
        end: Sprite facing the camera, `width` wide, its middle at (x, z).
        flank: Sprite of the side that recedes over `length`, or None.
        base: float, height of the lower edge above the ground.
        speed_x, speed_z: float, metres / second.
        mirrored: bool, swaps left and right of `end`.
        group: bool, labelled as a group: no instance of its own.
    """

    end: Sprite
    x: float
    z: float
    width: float
    height: float
    flank: Sprite | None = None
    length: float = 0.0
    base: float = 0.0
    speed_x: float = 0.0
    speed_z: float = 0.0
    mirrored: bool = False
    group: bool = False


_VEHICLES = {  # kind -> end, flank, (width, height, length) ranges
    "car": (vehicles.car_end, vehicles.car_flank, (1.7, 2.0), (1.4, 1.75), (3.8, 4.7)),
    "truck": (
        *(vehicles.truck_end, vehicles.truck_flank),
        *((2.2, 2.5), (2.8, 3.7), (6.0, 10.0)),
    ),
    "bus": (
        *(vehicles.bus_end, vehicles.bus_flank),
        *((2.4, 2.6), (2.8, 3.3), (9.0, 13.0)),
    ),
    "train": (
        *(vehicles.train_end, vehicles.train_flank),
        *((2.3, 2.6), (3.4, 3.9), (18.0, 30.0)),
    ),
    "trailer": (vehicles.trailer_end, None, (1.4, 1.8), (1.0, 1.6), (2.0, 2.0)),
}

_TWO_WHEELERS = {  # kind -> (along, width range), (across, width range), height
    "cyclist": (people.cyclist_along, people.cyclist_across, (0.75, 1.6), 1.75),
    "motorcyclist": (
        *(people.motorcyclist_along, people.motorcyclist_across, (0.9, 1.9)),
        1.65,
    ),
}


def draw_actors(draw, style, ground, *, guests):
    """A list of Actor.

    Args:
        draw: Draw of this scene.
        style: CityStyle; ground: scene.Ground.
        guests: kinds placed close and in view, whatever the traffic.
    """
    found = _Crowd(draw, style, ground)
    for kind in guests:
        found.add_guest(kind)
    found.add_parked_cars(draw.count(style.traffic["parked"]))
    for kind, mean in style.traffic.items():
        for _ in range(draw.count(mean) if kind != "parked" else 0):
            found.add(kind)
    return found.actors


class _Crowd:
    """Places actors one by one, where nothing stands yet."""

    def __init__(self, draw, style, ground):
        self.actors = []
        self._draw, self._style, self._ground = draw, style, ground

    def add(self, kind):
        if kind in _VEHICLES:
            self._add_driving(kind, self._draw(8.0, 80.0))
        elif kind in _TWO_WHEELERS:
            self._add_two_wheeler(kind, self._draw(5.0, 24.0))
        else:
            getattr(self, f"_add_{kind}")()

    def add_guest(self, kind):
        if kind in _VEHICLES:
            self._add_driving(kind, self._draw(9.0, 18.0))
        elif kind in _TWO_WHEELERS:
            self._add_two_wheeler(kind, self._draw(6.0, 11.0))
        else:
            self.add(kind)

    def add_parked_cars(self, number):
        side = self._draw.side()
        x = self._ground.center + side * (self._ground.half_width - 1.0)
        for _ in range(number):
            place = int(self._draw.random.integers(14))
            self._add_vehicle("car", x, 4.0 + 5.6 * place, speed_z=0.0)

    def _add_driving(self, kind, z):
        ground, draw = self._ground, self._draw
        side = draw.side()
        speed = draw(-1.0, 9.0) if side > 0 else -draw(2.0, 9.0)
        x = ground.center + side * ground.half_width * draw(0.35, 0.6)
        if kind == "train" and ground.rails is not None:
            x = ground.rails
        self._add_vehicle(kind, x, z, speed_z=speed)

    def _add_vehicle(self, kind, x, z, *, speed_z):
        draw = self._draw
        end, flank, width, height, length = _VEHICLES[kind]
        length = draw(*length)
        if not self._is_free(x, z, length):
            return
        paint = draw.pick(self._style.colors.vehicles) * draw(0.75, 1.2)
        self.actors.append(
            Actor(
                *(end(draw, paint), x, z, draw(*width), draw(*height)),
                flank=flank(draw, paint) if flank else None,
                length=length,
                speed_z=speed_z,
            )
        )

    def _is_free(self, x, z, length):
        return not any(
            actor.flank is not None
            and abs(actor.x - x) < 2.2
            and z < actor.z + actor.length + 0.5
            and actor.z < z + length + 0.5
            for actor in self.actors
        )

    def _add_two_wheeler(self, kind, z):
        draw, ground = self._draw, self._ground
        along, across, widths, height = _TWO_WHEELERS[kind]
        is_along = draw.chance(0.5)
        x = ground.center + draw.side() * ground.half_width * draw(0.4, 1.0)
        height = height * draw(0.95, 1.08)
        self._stand(
            (along if is_along else across)(draw),
            (x, z),
            (widths[0 if is_along else 1] * draw(0.9, 1.1), height),
            speed=(0.0 if is_along else draw.side() * 2.5, draw(-2.0, 4.0)),
        )

    def _add_person(self):
        draw, ground = self._draw, self._ground
        crossing = draw.chance(0.2)
        x = ground.half_width * draw(0.0, 0.9) if crossing else self._on_sidewalk()
        z = draw(4.5, 25.0) if draw.chance(0.85) else draw(25.0, 45.0)
        height = draw(1.55, 1.95)
        speed = draw(-1.4, 1.4) if crossing else 0.0, draw(-1.4, 1.4)
        place = ground.center + draw.side() * x, z
        group = z > 28.0 and draw.chance(0.5)
        size = height * draw(0.33, 0.42), height
        self._stand(people.person(draw), place, size, speed=speed, group=group)

    def _add_bicycle(self):
        place = self._edge(4.5, 22.0)
        row = 4 if self._draw.chance(0.15) else 1  # a rack is labelled as a group
        for number in range(row):
            self._stand(
                people.bicycle(self._draw),
                (place[0] + 0.55 * number, place[1]),
                (1.7, 1.0),
                group=row > 1,
            )

    def _add_motorcycle(self):
        self._stand(people.motorcycle(self._draw), self._edge(4.5, 20.0), (2.0, 1.15))

    def _add_tree(self):
        sprite = street_items.tree(self._draw, self._style.colors.foliage)
        size = self._draw(2.5, 5.0), self._draw(3.6, 7.5)
        self._stand(sprite, self._edge(8.0, 90.0), size)

    def _add_pole(self):
        draw, metal = self._draw, self._style.colors.metal
        if draw.chance(0.4):
            sprite, width = street_items.lamp_post(draw, metal), 1.6
        else:
            sprite, width = street_items.pole(draw, metal), draw(0.14, 0.26)
        self._stand(sprite, self._edge(6.0, 70.0), (width, draw(4.0, 7.0)))

    def _add_sign(self):
        self._on_post(street_items.sign(self._draw), self._draw(0.65, 1.0), 1.0, 2.0)

    def _add_light(self):
        sprite = street_items.light(self._draw)
        self._on_post(sprite, self._draw(0.42, 0.55), 2.3, 2.6)

    def _add_bin(self):
        self._stand(street_items.bin_(self._draw), self._edge(5.0, 25.0), (0.7, 1.1))

    def _on_post(self, sprite, width, slimness, base):
        """A sign or a light and the pole that carries it."""
        draw, (x, z) = self._draw, self._edge(6.0, 38.0)
        base = base + draw(-0.2, 0.3)
        post = street_items.pole(draw, self._style.colors.metal)
        self._stand(post, (x, z + 0.05), (0.15, base + 0.1))
        self._stand(sprite, (x, z), (width, width * slimness), base=base)

    def _edge(self, near, far):
        """(x, z) on the sidewalk close to the road, within the view."""
        ground, draw = self._ground, self._draw
        outer = ground.half_width + ground.verge
        x = ground.center + draw.side() * (outer + draw(0.2, 0.9))
        return x, draw(near, far)

    def _on_sidewalk(self):
        ground = self._ground
        inner = ground.half_width + ground.verge
        return inner + self._draw(0.1, 0.95) * ground.sidewalk_width

    def _stand(self, sprite, place, size, *, base=0.0, speed=(0.0, 0.0), group=False):
        """Adds an actor; one beside the view is moved away until it is seen."""
        x, z = place
        self.actors.append(
            Actor(
                *(sprite, x, max(z, abs(x) / VIEW), *size),
                base=base,
                speed_x=speed[0],
                speed_z=speed[1],
                mirrored=self._draw.chance(0.5),
                group=group,
            )
        )
