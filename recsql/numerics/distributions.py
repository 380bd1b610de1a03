"""Tails and quantiles of probability distributions, for the tests of experiments.

Arrays of doubles in, an array of the same length out; what is not a number, or has no
answer, comes out as not a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]


def normal_sf(z: Doubles) -> Doubles:
    """Return the probability that a standard normal number is above z.

    >>> float(normal_sf(0.0)), round(float(normal_sf(1.959964)), 6)
    (0.5, 0.025)
    """
    from scipy.special import ndtr

    found: Doubles = ndtr(-z)
    return found


def normal_ppf(share: Doubles) -> Doubles:
    """Return the number that a share of standard normal numbers is below.

    >>> float(normal_ppf(0.5)), round(float(normal_ppf(0.975)), 6)
    (0.0, 1.959964)
    """
    from scipy.special import ndtri

    found: Doubles = ndtri(share)
    return found


def student_sf(t: Doubles, freedom: Doubles) -> Doubles:
    """Return the probability that Student's t is above t at these degrees of freedom.

    At one degree of freedom it is 1/2 - atan(t) / pi.

    >>> round(float(student_sf(1.0, 1.0)), 12)
    0.25
    """
    from scipy.special import stdtr

    found: Doubles = stdtr(freedom, -t)
    return found


def student_ppf(share: Doubles, freedom: Doubles) -> Doubles:
    """Return the number that a share of Student's t is below.

    >>> round(float(student_ppf(0.75, 1.0)), 12)
    1.0
    """
    from scipy.special import stdtrit

    found: Doubles = stdtrit(freedom, share)
    return found


def chi_square_sf(x: Doubles, freedom: Doubles) -> Doubles:
    """Return the probability that chi-square is above x at these degrees of freedom.

    At two degrees of freedom it is exp(-x / 2).

    >>> round(float(chi_square_sf(2.0, 2.0)), 6)  # exp(-1)
    0.367879
    """
    from scipy.special import chdtrc

    found: Doubles = chdtrc(freedom, x)
    return found


def hypergeometric_sf(
    count: Doubles, population: Doubles, marked: Doubles, drawn: Doubles
) -> Doubles:
    """Return the probability that more than count of those drawn are marked.

    Of 8 with 4 marked, 4 are drawn: all 4 are marked once in 70.

    >>> round(float(hypergeometric_sf(3.0, 8.0, 4.0, 4.0)) * 70, 12)
    1.0
    """
    from scipy.stats import hypergeom

    found: Doubles = hypergeom.sf(count, population, marked, drawn)
    return found
