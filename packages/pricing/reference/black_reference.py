"""Arbitrary-precision references (mpmath) that the mp tables beside this file hold. All rates continuous, all greeks raw partials:
delta dV/dS, gamma, vega dV/dsigma (per 1.00), theta = -dV/dT (per year), rho dV/dr at fixed q, phi dV/dq, vanna d2V/dSdsigma,
volga d2V/dsigma2, charm = -d(delta)/dT, veta = -d(vega)/dT, speed d3V/dS3, zomma d(gamma)/dsigma, color = -d(gamma)/dT,
ultima d3V/dsigma3, dual_delta dV/dK, dual_gamma d2V/dK2."""
from mpmath import mp, mpf, sqrt, exp, log, erfc, pi, findroot, quad
mp.dps = 60
def Phi(x): return erfc(-x / sqrt(mpf(2))) / 2
def phi(x): return exp(-x * x / 2) / sqrt(2 * pi)
def bsm(w, S, K, T, r, q, v):
    S, K, T, r, q, v = map(mpf, (S, K, T, r, q, v)); b = r - q; st = sqrt(T); sd = v * st
    d1 = (log(S / K) + b * T) / sd + sd / 2; d2 = d1 - sd; dq, dr = exp(-q * T), exp(-r * T); n1 = phi(d1); N1, N2 = Phi(w * d1), Phi(w * d2)
    o = {}
    o['price'] = w * (S * dq * N1 - K * dr * N2); o['delta'] = w * dq * N1; o['gamma'] = g = dq * n1 / (S * sd); o['vega'] = ve = S * dq * n1 * st
    o['theta'] = -ve * v / (2 * T) + w * (q * S * dq * N1 - r * K * dr * N2); o['rho'] = w * K * T * dr * N2; o['phi'] = -w * S * T * dq * N1
    o['vanna'] = -dq * n1 * d2 / v; o['volga'] = ve * d1 * d2 / v; h = b / sd - d2 / (2 * T)
    o['charm'] = w * q * dq * N1 - dq * n1 * h
    o['veta'] = ve * (q + b * d1 / sd - (1 + d1 * d2) / (2 * T)); o['speed'] = -g / S * (1 + d1 / sd); o['zomma'] = g * (d1 * d2 - 1) / v
    o['color'] = g * (q + b * d1 / sd + (1 - d1 * d2) / (2 * T))
    o['ultima'] = -ve / (v * v) * (d1 * d2 * (1 - d1 * d2) + d1 * d1 + d2 * d2)
    o['dual_delta'] = -w * dr * N2; o['dual_gamma'] = dr * phi(d2) / (K * sd); o['d1'] = d1; o['d2'] = d2
    return o
def black76(w, F, K, T, r, v):
    """Forward greeks at fixed F: delta dV/dF, gamma d2V/dF2, theta = -dV/dT with F,r fixed, rho dV/dr = -T V."""
    F, K, T, r, v = map(mpf, (F, K, T, r, v)); st = sqrt(T); sd = v * st; d1 = log(F / K) / sd + sd / 2; d2 = d1 - sd; df = exp(-r * T); n1 = phi(d1); N1, N2 = Phi(w * d1), Phi(w * d2)
    o = {}; o['price'] = p = w * df * (F * N1 - K * N2); o['delta'] = w * df * N1; o['gamma'] = g = df * n1 / (F * sd); o['vega'] = ve = df * F * n1 * st
    o['theta'] = r * p - ve * v / (2 * T); o['rho'] = -T * p; o['vanna'] = -df * n1 * d2 / v; o['volga'] = ve * d1 * d2 / v
    o['charm'] = r * w * df * N1 + df * n1 * d2 / (2 * T); o['veta'] = ve * (r - (1 + d1 * d2) / (2 * T)); o['speed'] = -g / F * (1 + d1 / sd); o['zomma'] = g * (d1 * d2 - 1) / v; o['color'] = g * (r + (1 - d1 * d2) / (2 * T))
    o['ultima'] = -ve / (v * v) * (d1 * d2 * (1 - d1 * d2) + d1 * d1 + d2 * d2); o['dual_delta'] = -w * df * N2; o['dual_gamma'] = df * phi(d2) / (K * sd); o['d1'] = d1; o['d2'] = d2
    return o
def inverse(w, F, K, T, v):
    """Coin-settled (inverse) European, payoff max(w(S_T-K),0)/S_T coins, r=0, conversion at the forward F: c = V(F)/F.
    usd_* = Black-76 r=0. coin_* = exact derivatives of c: coin_delta = dc/dF (coins per USD), coin_gamma = d2c/dF2,
    net_delta = delta_usd - c (coins of underlying; premium-adjusted = F*dc/dF), net_gamma_1pct = F*d(net_delta)/dF * 0.01."""
    o = black76(w, F, K, T, 0, v); F = mpf(F); V = o['price']; c = V / F; r = {('usd_' + k): o[k] for k in ('price', 'delta', 'gamma', 'vega', 'theta', 'vanna', 'volga')}
    r['coin_price'] = c; r['coin_delta'] = o['delta'] / F - V / F**2; r['coin_gamma'] = o['gamma'] / F - 2 * o['delta'] / F**2 + 2 * V / F**3
    r['coin_vega'] = o['vega'] / F; r['coin_theta'] = o['theta'] / F; r['net_delta'] = o['delta'] - c; r['net_delta_dF'] = o['gamma'] - r['coin_delta']
    return r
def iv_black(w, price, F, K, T, df=1, s0=None):
    """sigma with black76 undiscounted price; price may be any mpf (exact double). Solves on log(OTM price) with bisection then Newton."""
    F, K, T, price = map(mpf, (F, K, T, price)); price = price / mpf(df)
    intr = max(w * (F - K), mpf(0)); otm = price - intr; ww = 1 if K >= F else -1
    if otm <= 0: return mpf(0)
    f = lambda s: log(black76(ww, F, K, 1, 0, s)['price']) - log(otm)
    lo, hi = mpf('1e-12'), mpf(1)
    while f(hi) < 0: hi *= 2
    lo = hi / 2
    while f(lo) > 0: lo /= 2
    for _ in range(40):
        m = (lo + hi) / 2
        if f(m) > 0: hi = m
        else: lo = m
    s = (lo + hi) / 2
    for _ in range(8):
        o = black76(ww, F, K, 1, 0, s); s = s - log(o['price'] / otm) * o['price'] / o['vega']
    return s / sqrt(T)
