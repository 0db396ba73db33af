"""The gamma distribution: its distribution function and its quantiles.

Sources: W. H. Press et al., "Numerical Recipes", 3rd ed., 6.2 (series and continued fraction of
the incomplete gamma function, here written anew from the formulas in NIST DLMF 8.7 and 8.9).
"""

from __future__ import annotations

from math import exp, lgamma, log

TINY = 1e-300
EXACT = 1e-14


def gamma_share(shape: float, x: float) -> float:
    """The share of a gamma distribution of scale 1 that lies below x."""
    if x <= 0:
        return 0.0
    front = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        return min(1.0, front * _series(shape, x))
    return max(0.0, 1 - front * _fraction(shape, x))


def gamma_quantile(shape: float, share: float) -> float:
    """What this share of a gamma distribution of scale 1 lies below."""
    low, high = 0.0, max(1.0, shape)
    while gamma_share(shape, high) < share:
        low, high = high, 2 * high
    while high - low > 1e-12 * high and high > TINY:
        middle = (low + high) / 2
        if gamma_share(shape, middle) < share:
            low = middle
        else:
            high = middle
    return high


def _series(shape: float, x: float) -> float:
    term = total = 1 / shape
    while term > total * EXACT:
        shape += 1
        term *= x / shape
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    """The continued fraction of the upper incomplete gamma function, by Lentz's method."""
    bottom = x + 1 - shape
    c, d = 1 / TINY, 1 / bottom
    whole, step, change = d, 0, 0.0
    while abs(change - 1) > EXACT:
        step += 1
        above = step * (shape - step)
        bottom += 2
        d = 1 / (_off_zero(above * d + bottom))
        c = _off_zero(bottom + above / c)
        change = c * d
        whole *= change
    return whole


def _off_zero(value: float) -> float:
    return TINY if abs(value) < TINY else value
