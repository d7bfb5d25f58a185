"""Where a backbone keeps its stride and where it dilates instead.

DeepLab's rule (slim's `stack_blocks_dense`): once `output_stride` is reached, a
downsampling is left out and everything after it samples with twice the rate.
"""

OUTPUT_STRIDES = (8, 16, 32)


def strides_and_rates(strides, *, output_stride):
    """Plans the stages of a backbone.

    Args:
        strides: list of ints, what each stage downsamples by at its finest.
        output_stride: int, 8, 16 or 32.

    Returns:
        list of (stride, rate, rate_after). `rate` is for the convolutions of the
        stage up to and including the strided one, `rate_after` for those behind.

    Raises:
        ValueError: the output stride is not one of DeepLab's.
    """
    if output_stride not in OUTPUT_STRIDES:
        raise ValueError(f"output_stride is {output_stride}: not in {OUTPUT_STRIDES}.")
    plan, reached, rate = [], 1, 1
    for stride in strides:
        if reached * stride <= output_stride:
            reached *= stride
            plan.append((stride, rate, rate))
        else:
            plan.append((1, rate, rate * stride))
            rate *= stride
    return plan


def multi_grid_rates(multi_grid, *, units, rate):
    """The atrous rate of each unit of the last stage.

    Args:
        multi_grid: list of factors, one per unit; None: no multi-grid.
        units: int, how many units there are.
        rate: int, the rate of the stage.

    Raises:
        ValueError: there is not one factor per unit.
    """
    factors = (1,) * units if multi_grid is None else tuple(multi_grid)
    if len(factors) != units:
        raise ValueError(
            f"multi_grid {factors} has {len(factors)} factors for {units} units. "
            "Give one factor per unit, or None."
        )
    return [rate * factor for factor in factors]
