"""What stands or moves on the street: Actor, and Spot, where one can be put."""

import dataclasses

from naive_student_tf.data.toy_city.ground import Ground
from naive_student_tf.data.toy_city.sprites import Sprite
from naive_student_tf.data.toy_city.style import CityStyle
from naive_student_tf.data.toy_city.texture import Draw

_VIEW = 0.42  # half the width of the view at distance 1: what is outside is unseen


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
        shadow: bool, darkens the ground below.
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
    shadow: bool = False


@dataclasses.dataclass(frozen=True)
class Spot:
    """Where to put the next actor.

    Attributes:
        draw: Draw of the scene; style: CityStyle.
        ground: Ground, the strips of the street.
        z: float, metres ahead.
    """

    draw: Draw
    style: CityStyle
    ground: Ground
    z: float

    def lane(self, side, *reach):
        """x on the road: side -1 or 1, reach (low, high) in half road widths."""
        return self.ground.center + side * self.ground.half_width * self.draw(*reach)

    def kerb(self):
        """x on the sidewalk close to the road, on either side."""
        outer = self.ground.half_width + self.ground.verge
        return self.ground.center + self.draw.side() * (outer + self.draw(0.2, 0.9))

    def sidewalk(self):
        """x anywhere on either sidewalk."""
        ground = self.ground
        across = self.draw(0.05, 0.9) * ground.sidewalk_width
        outer = ground.half_width + ground.verge + across
        return ground.center + self.draw.side() * outer

    def stand(self, sprite, x, width, height, **others):
        """An Actor at x; were it beside the view, it is moved away until seen."""
        z = max(self.z, abs(x) / _VIEW)
        mirrored = self.draw.chance(0.5)
        return Actor(sprite, x, z, width, height, mirrored=mirrored, **others)
