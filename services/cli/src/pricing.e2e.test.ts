import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blackGreeks } from "@finality/pricing";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "./testing/run-cli.ts";

const root = mkdtempSync(join(tmpdir(), "finality-pricing-"));

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const run = (...args: string[]) => runCli(root, args);

describe("price", () => {
  test("a call on a forward, with every figure's unit", async () => {
    const { code, stdout } = await run("price", "call", "--forward", "3700", "--strike", "3750", "--vol", "26.6%", "--days", "2");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^call 3750, forward 3700, 2 days, vol 26.6 %, Black-76\n/);
    expect(stdout).toMatch(/price +10\.80752495 +quote currency/);
    expect(stdout).toMatch(/ultima +-1452\.07\d+ +volga per 1\.00 of vol/);
  });

  test("as one document, every digit", async () => {
    const { stdout } = await run("price", "put", "--spot", "100", "--strike", "95", "--vol", "0.3", "--years", "0.5", "--rate", "5%", "--json");
    const document = JSON.parse(stdout) as { model: string; price: number; option: { putCall: string } };
    expect(document).toMatchObject({ model: "black_scholes", option: { putCall: "put", yearsToExpiry: 0.5 } });
    const american = JSON.parse((await run("price", "put", "--spot", "100", "--strike", "95", "--vol", "0.3", "--years", "0.5", "--rate", "5%", "--american", "--json")).stdout) as { price: number };
    expect(american.price).toBeGreaterThan(document.price);
  });

  test("a Deribit option by its name: strike, expiry and settlement come from it", async () => {
    const { code, stdout } = await run("price", "--instrument", "BTC-25JUN27-60000-C", "--forward", "66520", "--vol", "42.8%", "--at", "2026-08-17T16:24:00Z", "--json");
    expect(code).toBe(0);
    const document = JSON.parse(stdout) as { coinPrice: number; quotePrice: number; premiumAdjustedDelta: number; blackScholesDelta: number };
    expect(document.coinPrice * 66520).toBeCloseTo(document.quotePrice, 8);
    expect(document.blackScholesDelta - document.premiumAdjustedDelta).toBeCloseTo(document.coinPrice, 12);
  });

  test.each([
    [["price", "call", "--forward", "100", "--strike", "-5", "--vol", "0.2", "--days", "1"], 5, "strike must be finite and >= 0, got -5"],
    [["price", "call", "--forward", "100", "--strike", "100", "--vol", "twenty", "--days", "1"], 2, "It must be a number such as 0.25 or 25%."],
    [["price", "call", "--forward", "100", "--strike", "100", "--days", "1"], 2, "--vol"],
    [["price", "call", "--forward", "100", "--strike", "100", "--vol", "0.2"], 2, "Time to expiry is missing"],
    [["price", "call", "--forward", "100", "--spot", "100", "--strike", "100", "--vol", "0.2", "--days", "1"], 2, "given twice: --forward and --spot"],
    [["price", "straddle", "--forward", "100", "--strike", "100", "--vol", "0.2", "--days", "1"], 2, 'not "straddle"'],
    [["price", "--instrument", "BTC-31FEB27-60000-C", "--forward", "100", "--vol", "0.2"], 5, "31FEB27"],
    [["price", "call", "--forward", "100", "--strike", "100", "--vol", "0.2", "--expires", "2020-01-01T00:00Z"], 5, "expired at 2020-01-01"],
    [["price", "--instrument", "BTC-25JUN27-60000-C", "--spot", "100", "--vol", "0.2", "--at", "2026-08-17T16:24Z"], 2, "give --forward, not --spot"],
    [["iv", "call", "--forward", "100", "--strike", "80", "--years", "1", "--price", "0.2", "--coin", "--rate", "5%"], 2, "leave --rate out"],
    [["smile", join(root, "quotes.csv"), "--years", "1", "--forward", "-3"], 5, "--forward must be > 0, got -3"],
  ])("%j is refused with code %d", async (args, code, text) => {
    const finished = await run(...args);
    expect(finished).toMatchObject({ code, stdout: "" });
    expect(finished.stderr).toContain(text);
  });
});

describe("iv", () => {
  test("the volatility behind a price, and between bid and ask", async () => {
    const { price } = blackGreeks({ forward: 100, strike: 105, yearsToExpiry: 0.25, vol: 0.3, rate: 0, putCall: "call" });
    const one = JSON.parse((await run("iv", "call", "--forward", "100", "--strike", "105", "--price", String(price), "--years", "0.25", "--json")).stdout) as { text: string; result: { kind: string; vol: number } };
    expect(one.text).toBe("implied vol  30 %");
    expect(one.result.kind).toBe("vol");
    expect(one.result.vol).toBeCloseTo(0.3, 13);
    const both = await run("iv", "put", "--spot", "100", "--strike", "95", "--bid", "4.1", "--ask", "4.3", "--years", "0.5", "--rate", "5%");
    expect(both.stdout).toMatch(/bid 26\.48\d+ % \(quoted\), ask 27\.28\d+ % \(quoted\)/);
  });

  test("a price without one says why, with code 5", async () => {
    const below = await run("iv", "call", "--forward", "100", "--strike", "80", "--price", "10", "--years", "1");
    expect(below).toMatchObject({ code: 5 });
    expect(below.stdout).toContain("no volatility: the price is below the intrinsic value");
    expect(await run("iv", "call", "--forward", "100", "--strike", "80", "--years", "1")).toMatchObject({ code: 2 });
  });

  test("the price that a model gave returns its volatility: American, and in coin", async () => {
    const american = ["put", "--spot", "100", "--strike", "95", "--years", "0.5", "--rate", "5%", "--american", "--json"];
    const { price } = JSON.parse((await run("price", ...american, "--vol", "0.3")).stdout) as { price: number };
    const back = JSON.parse((await run("iv", ...american, "--price", String(price))).stdout) as { result: { vol: number } };
    expect(back.result.vol).toBeCloseTo(0.3, 8);
    const coin = ["--instrument", "BTC-25JUN27-60000-C", "--forward", "66520", "--at", "2026-08-17T16:24Z", "--json"];
    const { coinPrice } = JSON.parse((await run("price", ...coin, "--vol", "0.428")).stdout) as { coinPrice: number };
    const inCoin = JSON.parse((await run("iv", ...coin, "--price", String(coinPrice))).stdout) as { result: { vol: number } };
    expect(inCoin.result.vol).toBeCloseTo(0.428, 12);
    expect(await run("iv", "put", "--spot", "100", "--strike", "110", "--years", "1", "--rate", "5%", "--american", "--price", "10")).toMatchObject({ code: 5, stdout: expect.stringContaining("the value of exercising now") as string });
  });
});

describe("smile", () => {
  const strikes = [80, 85, 90, 95, 100, 105, 110, 115, 120];
  const quote = (strike: number, putCall: "call" | "put"): string => {
    const { price } = blackGreeks({ forward: 101, strike, yearsToExpiry: 0.25, vol: 0.2 + 0.4 * (strike / 101 - 1) ** 2, rate: 0, putCall });
    return `${String(strike)},${putCall},${String(price * 0.99)},${String(price * 1.01)}`;
  };
  const file = join(root, "quotes.csv");
  writeFileSync(file, ["strike,type,bid,ask", ...strikes.flatMap((strike) => [quote(strike, "call"), quote(strike, "put")])].join("\n"));

  test("is fitted to a file, with the forward from its calls and puts, and drawn", async () => {
    const { code, stdout } = await run("smile", file, "--years", "0.25");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^forward 101(\.\d+)? \(put–call parity of \d strikes/);
    expect(stdout).toContain("●");
    expect(stdout).toMatch(/at the money (19\.9|20)\d* %|at the money 20/);
    const document = JSON.parse((await run("smile", file, "--years", "0.25", "--forward", "101", "--json")).stdout) as { fit: { kind: string; error: { rmsWidths: number } } };
    expect(document.fit.kind).toBe("fitted");
    expect(document.fit.error.rmsWidths).toBeLessThan(0.5);
  });

  test("too few quotes, a wrong line and a missing file are told apart", async () => {
    const few = join(root, "few.csv");
    writeFileSync(few, "strike,bid_vol,ask_vol\n90,0.2,0.21\n100,0.19,0.2\n");
    expect(await run("smile", few, "--years", "0.25", "--forward", "100")).toMatchObject({ code: 5, stdout: "No smile: too few quotes (2 usable strikes, 5 are needed).\n" });
    const wrong = join(root, "wrong.csv");
    writeFileSync(wrong, "strike,type,bid,ask\n90,call,one,2\n");
    const refused = await run("smile", wrong, "--years", "0.25", "--forward", "100");
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('line 2: bid must be a number, got "one"');
    expect(await run("smile", join(root, "absent.csv"), "--years", "1")).toMatchObject({ code: 3 });
  });
});
