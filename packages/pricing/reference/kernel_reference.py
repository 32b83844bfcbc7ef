"""Makes kernel-points.json, the values that the kernels' tests measure ulps against. Needs mpmath; run: python3 kernel_reference.py
Each point: the inputs as doubles, and the true result as the sum of two doubles, high being the nearest one."""
import json
import math
import random

from mpmath import erfc, exp, expm1, log, log1p, mp, mpf, pi, sqrt

mp.dps = 50
POINTS = 160
draw = random.Random(20210104)


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def distribution(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def quantile(p):
    x = -sqrt(-2 * log(p)) if p < mpf("0.3") else (sqrt(-2 * log(1 - p)) if p > mpf("0.7") else (p - mpf(1) / 2) * sqrt(2 * pi))
    for _ in range(60):
        step = (distribution(x) - p) / density(x)
        step = max(min(step, mpf(1) / 4), -mpf(1) / 4)
        x -= step
        if abs(step) < mpf(10) ** -45:
            break
    return x


def log_uniform(low, high):
    return math.exp(draw.uniform(low, high))


kernels = {
    "exp": (exp, [lambda: (draw.uniform(-708, 709),), lambda: (draw.uniform(-1, 1),)]),
    "expm1": (expm1, [lambda: (draw.uniform(-1, 1),), lambda: (draw.uniform(-36, 700),), lambda: (log_uniform(-40, 0),)]),
    "log": (log, [lambda: (draw.uniform(0.5, 2),), lambda: (log_uniform(-700, 700),)]),
    "log1p": (log1p, [lambda: (draw.uniform(-0.6, 0.6),), lambda: (log_uniform(-36, 36),), lambda: (-1 + log_uniform(-30, -1),)]),
    "logRatio": (lambda a, b: log(a / b), [lambda: (draw.uniform(1, 2), draw.uniform(1, 2)), lambda: (100.0, 100 + log_uniform(-25, 0)), lambda: (draw.uniform(0.3, 3), 1.0)]),
    "pow": (lambda a, b: exp(b * log(a)), [lambda: (log_uniform(-5, 5), draw.uniform(-100, 100)), lambda: (draw.uniform(0, 2), draw.uniform(-3, 3))]),
    "erfcx": (lambda x: exp(x * x) * erfc(x), [lambda: (draw.uniform(-5, 10),), lambda: (draw.uniform(-26, 100),)]),
    "millsRatio": (lambda x: distribution(-x) / density(x), [lambda: (draw.uniform(0, 8),), lambda: (draw.uniform(0, 60),)]),
    "normalDensity": (density, [lambda: (draw.uniform(-6, 6),), lambda: (draw.uniform(-37.5, 37.5),)]),
    "normalDistribution": (distribution, [lambda: (draw.uniform(-6, 6),), lambda: (draw.uniform(-37, 0),)]),
    "inverseNormalDistribution": (quantile, [lambda: (draw.uniform(0, 1),), lambda: (log_uniform(-690, -1),), lambda: (0.5 + draw.uniform(-1, 1) * log_uniform(-25, -2),)]),
}

table = {}
for name, (function, draws) in kernels.items():
    rows = []
    for index in range(POINTS):
        inputs = draws[index % len(draws)]()
        value = function(*[mpf(x) for x in inputs])
        high = float(value)
        rows.append([*inputs, high, float(value - mpf(high))])
    table[name] = rows

with open("kernel-points.json", "w", encoding="ascii") as file:
    file.write("{\n" + ",\n".join(f' "{name}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]" for name, rows in table.items()) + "\n}\n")
