import { expect, test } from "vitest";
import { smilePicture } from "./smile-picture.ts";

const svi = { a: 0.01, b: 0, rho: 0, m: 0, sigma: 0.1 };
const quote = (strike: number, bidVol: number, askVol: number) => ({ strike, logMoneyness: Math.log(strike / 100), bidVol, askVol });

test("quotes stand from bid to ask over their strike, the fit runs through all columns", () => {
  // A flat smile of 20 % at a quarter of a year.
  const lines = smilePicture({ svi, yearsToExpiry: 0.25, quotes: [quote(80, 0.1, 0.3), quote(99, 0.25, 0.3), quote(110, NaN, NaN), quote(125, 0.1, 0.15)] }).split("\n");
  expect(lines).toHaveLength(19);
  expect(lines[0]).toMatch(/^ {2}30\.0 % ┤│ {29}│$/);
  expect(lines[15]).toMatch(/^ {2}10\.0 % ┤│ {62}│$/);
  const fit = lines.slice(0, 16).filter((line) => line.includes("●"));
  expect(fit).toHaveLength(1);
  expect(fit[0]).toMatch(/┤┼●{63}$/);
  expect(lines[17]).toMatch(/^ {10}80 {59}125$/);
  expect(lines[18]).toBe("          │ bid to ask   ● fit   ┼ both");
});

test("it holds no escape sequences and nothing beyond its width", () => {
  const picture = smilePicture({ svi: { a: 0.002, b: 0.1, rho: -0.4, m: 0.05, sigma: 0.2 }, yearsToExpiry: 0.25, quotes: [quote(70, 0.3, 0.9), quote(100, 0.2, 0.22), quote(140, 0.2, 0.5)] });
  expect(picture).toMatch(/^[ -~\n│●┼┤└─]*$/);
  for (const line of picture.split("\n")) expect(line.length).toBeLessThanOrEqual(74);
});
