"""The classes of toy_vistas, as Mapillary Vistas' config_v1.2.json tells them.

Names, order and colors follow v1.2, where some of these are several classes. They
are not Cityscapes': curb, markings, hedges and the two kinds of riders are told
apart; walls and fences, heavy vehicles, two-wheelers are not; poles, lights, signs
and bins are counted; the own car is a class like others.
"""

import dataclasses

import numpy as np

from naive_student_tf.data.toy_city import classes as kinds


@dataclasses.dataclass(frozen=True)
class Class:
    """One class; its id is its position in CLASSES.

    Attributes:
        name, readable: str; color: (red, green, blue).
        kinds: tuple, what toy_city paints (its classes.py) that belongs to it.
        counted: bool, it has instances.
        evaluated: bool; False: void.
    """

    name: str
    readable: str
    color: tuple
    kinds: tuple = ()
    counted: bool = False
    evaluated: bool = True


def _thing(*fields):
    return Class(*fields, counted=True)


CLASSES = (
    _thing("animal--ground-animal", "Ground Animal", (0, 192, 0), (kinds.ANIMAL,)),
    Class("construction--barrier--curb", "Curb", (196, 196, 196), (kinds.KERB,)),
    Class(
        *("construction--barrier--other-barrier", "Barrier", (90, 120, 150)),
        (kinds.WALL, kinds.FENCE),
    ),
    Class("construction--flat--road", "Road", (128, 64, 128), (kinds.ROAD,)),
    Class(
        *("construction--flat--sidewalk", "Sidewalk", (244, 35, 232)),
        (kinds.SIDEWALK,),
    ),
    Class(
        *("construction--structure--building", "Building", (70, 70, 70)),
        (kinds.BUILDING,),
    ),
    _thing("human--person", "Person", (220, 20, 60), (kinds.PERSON,)),
    _thing("human--rider--bicyclist", "Bicyclist", (255, 0, 0), (kinds.RIDER,)),
    _thing(
        *("human--rider--motorcyclist", "Motorcyclist", (255, 0, 100)),
        (kinds.MOTORCYCLIST,),
    ),
    Class(
        *("marking--crosswalk-zebra", "Crosswalk", (200, 128, 128)),
        (kinds.CROSSING,),
    ),
    Class("marking--general", "Lane Marking", (255, 255, 255), (kinds.LANE_MARK,)),
    Class("nature--hedge", "Hedge", (190, 255, 40), (kinds.HEDGE,)),
    Class("nature--sky", "Sky", (70, 130, 180), (kinds.SKY,)),
    Class("nature--terrain", "Terrain", (152, 251, 152), (kinds.TERRAIN,)),
    Class("nature--vegetation", "Vegetation", (107, 142, 35), (kinds.VEGETATION,)),
    _thing("object--support--pole", "Pole", (153, 153, 153), (kinds.POLE,)),
    _thing("object--traffic-light", "Light", (250, 170, 30), (kinds.TRAFFIC_LIGHT,)),
    _thing("object--traffic-sign", "Sign", (220, 220, 0), (kinds.TRAFFIC_SIGN,)),
    _thing("object--trash-can", "Trash Can", (140, 140, 20), (kinds.STATIC,)),
    _thing("object--vehicle--car", "Car", (0, 0, 142), (kinds.CAR,)),
    _thing(
        *("object--vehicle--heavy", "Bus or Truck", (0, 60, 100)),
        (kinds.BUS, kinds.TRUCK),
    ),
    _thing(
        *("object--vehicle--other-vehicle", "Other Vehicle", (128, 64, 64)),
        (kinds.TRAIN, kinds.TRAILER),
    ),
    _thing(
        *("object--vehicle--two-wheeler", "Two-Wheeler", (119, 11, 32)),
        (kinds.BICYCLE, kinds.MOTORCYCLE),
    ),
    Class("void--ego-vehicle", "Ego Vehicle", (120, 10, 10), (kinds.EGO,)),
    Class("void--unlabeled", "Unlabeled", (0, 0, 0), evaluated=False),
)
UNLABELED = len(CLASSES) - 1
COUNTED = tuple(i for i, of in enumerate(CLASSES) if of.counted)


def _ids():
    table = np.full(256, UNLABELED, np.uint8)
    for number, of in enumerate(CLASSES):
        table[list(of.kinds)] = number
    return table


IDS = _ids()  # uint8 [256], the class of a kind


def config():
    """The content of config_v1.2.json, dict."""
    labels = [
        {
            "name": of.name,
            "readable": of.readable,
            "color": list(of.color),
            "instances": of.counted,
            "evaluate": of.evaluated,
        }
        for of in CLASSES
    ]
    return {"labels": labels, "mapping": "public", "version": "1.2"}
