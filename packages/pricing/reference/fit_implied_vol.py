"""Makes the coefficients in src/implied-vol/total-vol-guess.ts. Needs mpmath and numpy; run: python3 fit_implied_vol.py

Over the geometric mean of the legs the out-of-the-money value is b = ∫ phi(x / u) exp(-u²/8) du from 0 to s, x the distance and
s the total volatility. Without the weight it is the normal model's, b = ∫ phi(x / u) du from 0 to a. With z = x / a and
m_n(z) = ∫ v^2n phi(z / v) dv / phi(z) from 0 to 1, which follows (2n + 1) m_n = 1 - z² m_(n-1) from m_0 = 1 - z M(z), equating the two
to order a^6 gives s = a (1 + c1 a² + c2 a⁴ + c3 a⁶)."""
import numpy as np
from mpmath import cos, erfc, exp, fabs, findroot, log, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 50


def phi(z):
    return exp(-z * z / 2) / sqrt(2 * pi)


def mills_complement(z):
    """1 - z M(z), by its asymptotic series where the difference would be slow."""
    if z <= 60:
        return 1 - z * sqrt(pi / 2) * exp(z * z / 2) * erfc(z / sqrt(mpf(2)))
    total, term = mpf(0), 1 / z ** 2
    for k in range(12):
        total, term = total + term, -term * (2 * k + 3) / z ** 2
    return total


def tangent_ratio(z):
    """sqrt(2 pi) (value + distance / 2) / a in the normal model: even in z, 1 at the money."""
    return sqrt(2 * pi) * phi(z) * mills_complement(z) + sqrt(pi / 2) * z


def tangent_factor(v_squared):
    v = sqrt(v_squared)
    z = findroot(lambda y: y / tangent_ratio(y) - v, (v, v * mpf("1.5") + mpf(10) ** -9), solver="secant")
    return 1 / tangent_ratio(z)


def log_value(z):
    """ln(value / distance) in the normal model."""
    return -z * z / 2 - log(2 * pi) / 2 + log(mills_complement(z)) - log(z)


def deviations(q):
    depth = 2 * q * q - 2
    start = sqrt(max(mpf("0.3"), depth - 3 * log(max(mpf(1), depth))))
    return findroot(lambda z: log_value(z) + q * q, max(mpf(1) / 2, start), tol=1e-30)


def corrections(z):
    m1 = (1 - z * z * mills_complement(z)) / 3
    m2 = (1 - z * z * m1) / 5
    m3 = (1 - z * z * m2) / 7
    c1 = m1 / 8
    c2 = -m2 / 128 - z * z * c1 * c1 / 2 + c1 / 8
    c3 = m3 / 3072 + c2 / 8 - c1 / 128 - z * z * c1 * c2 + c1 * c1 * (z * z / 16 + mpf(1) / 8) - c1 ** 3 * (z ** 4 / 6 - z * z / 2)
    return c1, c2, c3


def horner(c, x):
    total = mpf(0)
    for k in reversed(c):
        total = total * x + mpf(float(k))
    return total


def interpolate(name, f, a, b, m, n, at=lambda u: u):
    """Numerator of degree m over denominator of degree n through m + n + 1 Chebyshev nodes of [a, b], mapped by `at`."""
    chebyshev = lambda size: [at((a + b) / 2 + (b - a) / 2 * cos(pi * (2 * i + 1) / (2 * size))) for i in range(size)]
    size = m + n + 1
    left, right = matrix(size, size), matrix(size, 1)
    for i, x in enumerate(chebyshev(size)):
        y = f(x)
        for j in range(m + 1):
            left[i, j] = x ** j
        for j in range(1, n + 1):
            left[i, m + j] = -y * x ** j
        right[i] = y
    c = lu_solve(left, right)
    p, q = [c[j] for j in range(m + 1)], [mpf(1)] + [c[m + j] for j in range(1, n + 1)]
    worst = max(fabs(horner(p, x) / horner(q, x) / f(x) - 1) for x in chebyshev(201))
    print(name, "relative error", nstr(worst, 3), "\n  numerator  ", [float(k) for k in p], "\n  denominator", [float(k) for k in q])


def fit(name, z, f, m, n):
    """Least squares of f sqrt(f)-weighted, linearised around the last denominator, the best of twelve rounds by absolute error."""
    q, best = np.ones_like(z), None
    for _ in range(12):
        scale = 1 / np.sqrt(np.maximum(f, 1e-9)) / q
        columns = np.column_stack([z ** j * scale for j in range(m + 1)] + [-f * z ** j * scale for j in range(1, n + 1)])
        size = np.abs(columns).max(0)
        c = np.linalg.lstsq(columns / size, f * scale, rcond=None)[0] / size
        p = sum(c[j] * z ** j for j in range(m + 1))
        q = 1 + sum(c[m + j] * z ** j for j in range(1, n + 1))
        error = np.abs(p / q - f).max()
        if best is None or error < best[0]:
            best = (error, c[: m + 1].tolist(), [1.0] + c[m + 1 :].tolist())
    print(name, "absolute error %.1e" % best[0], "\n  numerator  ", best[1], "\n  denominator", best[2])


one = mpf(1)
print("value / distance at one deviation", float(exp(log_value(one))))
interpolate("tangent factor in (distance / tangent)²", tangent_factor, mpf(10) ** -10, tangent_ratio(one) ** -2 * mpf("1.001"), 3, 3)
q_one = sqrt(-log_value(one))
interpolate("deviations in q, near", deviations, q_one * mpf("0.999"), mpf("5.6"), 4, 2)
interpolate("deviations in q, far", deviations, log(mpf("5.5")), log(mpf(39)), 2, 1, exp)
u = 0.03 + 0.97 * (1 - np.cos(np.pi * (np.arange(400) + 0.5) / 400)) / 2
z = 2 * (1 / u - 1)
values = np.array([[float(c) for c in corrections(mpf(float(y)))] for y in z])
fit("c1", z, values[:, 0], 2, 4)
fit("c2", z, values[:, 1], 0, 4)
fit("c3", z, values[:, 2], 0, 4)
