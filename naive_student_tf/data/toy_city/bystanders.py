"""Places people on foot, animals and street furniture; each gives a list of Actor."""

from naive_student_tf.data.toy_city import people, street_items


def person(spot):
    """On a sidewalk, or crossing the road."""
    draw = spot.draw
    if draw.chance(0.25):
        x, speed = spot.lane(draw.side(), 0.0, 1.0), (draw(-1.4, 1.4), 0.0)
    else:
        x, speed = spot.sidewalk(), (0.0, draw(-1.4, 1.4))
    return [_on_foot(spot, x, speed_x=speed[0], speed_z=speed[1])]


def crowd(spot):
    """A few people close together, labelled as a group."""
    x = spot.sidewalk()
    return [
        _on_foot(spot, x + 0.55 * number + spot.draw(-0.1, 0.1), group=True)
        for number in range(3 + spot.draw.count(1.0))
    ]


def bicycle(spot):
    """One parked bicycle; sometimes a rack of them, labelled as a group."""
    x = spot.kerb()
    number = 4 if spot.draw.chance(0.15) else 1
    return [
        spot.stand(
            *(people.bicycle(spot.draw), x + 0.55 * place, 1.7, 1.0),
            group=number > 1,
        )
        for place in range(number)
    ]


def motorcycle(spot):
    return [spot.stand(people.motorcycle(spot.draw), spot.kerb(), 2.0, 1.15)]


def tree(spot):
    draw = spot.draw
    sprite = street_items.tree(draw, spot.style.colors.foliage)
    return [spot.stand(sprite, spot.kerb(), draw(2.5, 5.0), draw(3.6, 7.5))]


def pole(spot):
    """A bare pole, or a lamp post."""
    draw, metal = spot.draw, spot.style.colors.metal
    if draw.chance(0.4):
        sprite, width = street_items.lamp_post(draw, metal), 1.6
    else:
        sprite, width = street_items.pole(draw, metal), draw(0.24, 0.42)
    return [spot.stand(sprite, spot.kerb(), width, draw(4.0, 7.0))]


def sign(spot):
    width = spot.draw(0.7, 1.0)
    sprite = street_items.sign(spot.draw)
    return _on_post(spot, sprite, width, width, base=spot.draw(1.8, 2.3))


def light(spot):
    width = spot.draw(0.45, 0.6)
    sprite = street_items.light(spot.draw)
    return _on_post(spot, sprite, width, 2.3 * width, base=spot.draw(2.3, 2.9))


def bin_(spot):
    return [spot.stand(street_items.bin_(spot.draw), spot.kerb(), 0.75, 1.1)]


def animal(spot):
    """On a sidewalk, now and then on the road."""
    draw = spot.draw
    on_road = draw.chance(0.25)
    x = spot.lane(draw.side(), 0.0, 1.0) if on_road else spot.sidewalk()
    height = draw(0.6, 1.3)
    return [spot.stand(street_items.animal(draw), x, 1.4 * height, height)]


def _on_foot(spot, x, **others):
    height = spot.draw(1.6, 2.0)
    width = height * spot.draw(0.36, 0.45)
    return spot.stand(people.person(spot.draw), x, width, height, **others)


def _on_post(spot, sprite, width, height, *, base):
    """A sign or a light, and the pole behind it."""
    x = spot.kerb()
    post = street_items.pole(spot.draw, spot.style.colors.metal)
    return [
        spot.stand(post, x, 0.24, base + 0.1),
        spot.stand(sprite, x, width, height, base=base),
    ]
