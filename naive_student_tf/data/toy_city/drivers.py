"""Places vehicles and riders on the road: each function gives a list of Actor."""

from naive_student_tf.data.toy_city import people, vehicles
from naive_student_tf.data.toy_city.actors import Actor

_WHITE_LAMP, _RED_LAMP = (240, 232, 205), (205, 28, 26)


def car(spot):
    return _driving(spot, vehicles.car_end, vehicles.car_flank, _car_size(spot.draw))


def truck(spot):
    draw = spot.draw
    size = draw(2.2, 2.5), draw(2.8, 3.7), draw(6.0, 10.0)
    return _driving(spot, vehicles.truck_end, vehicles.truck_flank, size)


def bus(spot):
    draw = spot.draw
    size = draw(2.4, 2.6), draw(2.8, 3.3), draw(9.0, 13.0)
    return _driving(spot, vehicles.bus_end, vehicles.bus_flank, size)


def train(spot):
    """A tram, where there are rails."""
    if spot.ground.rails is None:
        return []
    draw = spot.draw
    size = draw(2.3, 2.6), draw(3.4, 3.9), draw(18.0, 30.0)
    pictures = vehicles.train_end, vehicles.train_flank
    return _driving(spot, *pictures, size, x=spot.ground.rails)


def trailer(spot):
    draw = spot.draw
    size = draw(1.4, 1.8), draw(1.0, 1.6), draw(2.0, 2.6)
    return _driving(spot, vehicles.trailer_end, vehicles.trailer_end, size)


def parked_car(spot):
    """At the kerb, at every 5.6th metre, facing either way."""
    draw, ground = spot.draw, spot.ground
    x = ground.center + draw.side() * (ground.half_width - 1.0)
    z = 4.0 + 5.6 * int((spot.z - 4.0) / 5.6)
    lamp = draw.pick((_WHITE_LAMP, _RED_LAMP))
    pictures = vehicles.car_end, vehicles.car_flank
    return [_vehicle(spot, *pictures, _car_size(draw), (x, z), lamp=lamp)]


def cyclist(spot):
    pictures = people.cyclist_along, people.cyclist_across
    return _riding(spot, pictures, widths=(0.75, 1.6), height=1.75)


def motorcyclist(spot):
    pictures = people.motorcyclist_along, people.motorcyclist_across
    return _riding(spot, pictures, widths=(0.9, 1.9), height=1.65)


def _driving(spot, end, flank, size, x=None):
    """On the right away from the camera, on the left towards it."""
    draw = spot.draw
    side = draw.side()
    if x is None:
        x = spot.lane(side, 0.35, 0.6)
    away = x > spot.ground.center
    speed, lamp = draw(-1.0, 9.0), _RED_LAMP
    if not away:
        speed, lamp = -draw(2.0, 9.0), _WHITE_LAMP
    return [_vehicle(spot, end, flank, size, (x, spot.z), lamp=lamp, speed_z=speed)]


def _vehicle(spot, end, flank, size, place, *, lamp, speed_z=0.0):
    draw = spot.draw
    paint = draw.pick(spot.style.colors.vehicles) * draw(0.75, 1.2)
    return Actor(
        *(end(draw, paint, lamp), *place, *size[:2]),
        flank=flank(draw, paint, lamp),
        length=size[2],
        speed_z=speed_z,
        shadow=True,
    )


def _riding(spot, pictures, *, widths, height):
    draw = spot.draw
    across = draw.chance(0.5)
    x = spot.lane(draw.side(), 0.35, 1.0)
    speed = (draw.side() * 2.5, 0.0) if across else (0.0, draw(-2.0, 4.0))
    return [
        spot.stand(
            *(pictures[across](draw), x),
            *(widths[across] * draw(0.92, 1.1), height * draw(0.95, 1.08)),
            speed_x=speed[0],
            speed_z=speed[1],
        )
    ]


def _car_size(draw):
    return draw(1.7, 2.0), draw(1.4, 1.75), draw(3.8, 4.7)
