"""Makes the coefficients of exponential.ts, expm1.ts, logarithm.ts and mills-ratio.ts in src/kernels. Needs mpmath; run: python3 fit_coefficients.py
Each is the (rational) interpolant at Chebyshev nodes, within a small factor of the best possible one; the largest relative error is printed."""
from mpmath import cos, erfc, exp, fabs, floor, log, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 60


def nodes(a, b, n):
    return [(a + b) / 2 + (b - a) / 2 * cos(pi * (2 * i + 1) / (2 * n)) for i in range(n)]


def interpolate(f, a, b, m, n):
    """Numerator of degree m and denominator of degree n (constant term 1) through m + n + 1 nodes."""
    size = m + n + 1
    left, right = matrix(size, size), matrix(size, 1)
    for i, x in enumerate(nodes(a, b, size)):
        y = f(x)
        for j in range(m + 1):
            left[i, j] = x ** j
        for j in range(1, n + 1):
            left[i, m + j] = -y * x ** j
        right[i] = y
    c = lu_solve(left, right)
    return [c[j] for j in range(m + 1)], [mpf(1)] + [c[m + j] for j in range(1, n + 1)]


def horner(c, x):
    s = mpf(0)
    for k in reversed(c):
        s = s * x + mpf(float(k))
    return s


def show(name, f, a, b, m, n):
    p, q = interpolate(f, a, b, m, n)
    worst = max(fabs(horner(p, x) / horner(q, x) / f(x) - 1) for x in nodes(a, b, 401))
    print(name, "error", nstr(worst, 3))
    print("  numerator  ", [float(c) for c in p])
    if n > 0:
        print("  denominator", [float(c) for c in q])


def exponential(t):
    r = sqrt(t)
    return (r * (exp(r) + 1) / (exp(r) - 1) - 2) / t


def logarithm(z):
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) - 2 * s) / s / z


def mills(z):
    return sqrt(pi / 2) * exp(z * z / 2) * erfc(z / sqrt(mpf(2)))


def mills_far(w):
    if w < mpf(1) / 40000:
        return 1 - w + 3 * w ** 2 - 15 * w ** 3 + 105 * w ** 4 - 945 * w ** 5
    return mills(1 / sqrt(w)) / sqrt(w)


tiny = mpf(10) ** -12
widest = mpf("1.0001")
step = log(mpf(2)) / 64
step_high = floor(step * 2 ** 39) / 2 ** 39
print("exponential: steps per unit", float(1 / step), "step, high", float(step_high), "low", float(step - step_high))
show("expm1: (r coth(r/2) - 2) / r^2 in r^2", exponential, tiny, (log(mpf(2)) / 2 * widest) ** 2, 4, 0)
show("logarithm: (ln((1+s)/(1-s)) - 2s) / s^3 in s^2", logarithm, tiny, ((sqrt(mpf(2)) - 1) / (sqrt(mpf(2)) + 1)) ** 2 * widest, 6, 0)
show("Mills ratio, z <= 4, in z", mills, mpf(0), mpf(4), 8, 8)
show("z M(z), z > 4, in 1/z^2", mills_far, mpf(0), mpf(1) / 16, 6, 6)
