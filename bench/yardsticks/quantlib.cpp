// QuantLib on the same grids as our benchmark: prices and greeks, implied volatility, American options.
// Prints lines "name <tab> 0 <tab> nanoseconds an option", the best of many rounds. `pnpm bench pricing` compiles and runs it where QuantLib's headers are.
#include <ql/quantlib.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>
using namespace QuantLib;
using Clock = std::chrono::steady_clock;
static volatile double sink;

// As many rounds as ours get (src/pricing/best-time.ts), so that neither side has more luck.
template <class Work> static void report(const char* name, size_t options, Work work) {
  double best = 1e300, spent = 0;
  sink = work();
  for (int round = 0; round < 5 || spent < 400e6; ++round) {
    const auto start = Clock::now();
    sink = work();
    const double taken = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
    spent += taken;
    best = std::min(best, taken / double(options));
  }
  std::printf("%s\t0\t%.3f\n", name, best);
}

struct Quoted { double forward, strike, years, vol, price; Option::Type type; };

// The two grids of the implied volatility benchmark: near the money, and a crypto chain.
static std::vector<Quoted> grid(bool crypto) {
  std::mt19937_64 random(42);
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Quoted> quotes;
  while (quotes.size() < 50000) {
    Quoted quote;
    if (crypto) {
      quote.forward = 60000;
      quote.strike = 60000 * std::exp(std::log(.3) + std::log(10.) * uniform(random));
      quote.vol = .25 + 1.25 * uniform(random);
      quote.years = std::exp(std::log(1. / 8760) + std::log(8760.) * uniform(random));
    } else {
      quote.forward = 100;
      quote.strike = 100 * std::exp(-.3 + .6 * uniform(random));
      quote.vol = .1 + .5 * uniform(random);
      quote.years = .05 + 1.95 * uniform(random);
    }
    quote.type = quote.strike >= quote.forward ? Option::Call : Option::Put;
    quote.price = blackFormula(quote.type, quote.strike, quote.forward, quote.vol * std::sqrt(quote.years), 1.0);
    if (quote.price > (crypto ? 1e-3 : 1e-8)) quotes.push_back(quote);
  }
  return quotes;
}

int main() {
  for (const bool crypto : {false, true}) {
    const auto quotes = grid(crypto);
    report(crypto ? "calculator crypto" : "calculator near", quotes.size(), [&] {
      double sum = 0;
      for (const auto& quote : quotes) {
        BlackCalculator c(quote.type, quote.strike, quote.forward, quote.vol * std::sqrt(quote.years), 1.0);
        sum += c.value() + c.delta(quote.forward) + c.gamma(quote.forward) + c.vega(quote.years) + c.theta(quote.forward, quote.years) + c.rho(quote.years);
      }
      return sum;
    });
    report(crypto ? "implied vol crypto" : "implied vol near", quotes.size(), [&] {
      double sum = 0;
      for (const auto& quote : quotes) sum += blackFormulaImpliedStdDev(quote.type, quote.strike, quote.forward, quote.price, 1.0, 0.0, Null<Real>(), 1e-12, 100);
      return sum;
    });
  }
  const DayCounter days = Actual365Fixed();
  const Date today(1, June, 2022);
  Settings::instance().evaluationDate() = today;
  const auto spot = ext::make_shared<SimpleQuote>(100.0);
  const auto vol = ext::make_shared<SimpleQuote>(0.3);
  const Handle<YieldTermStructure> rate(ext::make_shared<FlatForward>(today, 0.03, days)), yield(ext::make_shared<FlatForward>(today, 0.01, days));
  const Handle<BlackVolTermStructure> vols(ext::make_shared<BlackConstantVol>(today, NullCalendar(), Handle<Quote>(vol), days));
  const auto process = ext::make_shared<BlackScholesMertonProcess>(Handle<Quote>(spot), yield, rate, vols);
  VanillaOption american(ext::make_shared<PlainVanillaPayoff>(Option::Put, 105.0), ext::make_shared<AmericanExercise>(today, today + 365));
  const auto time = [&](const char* name, const ext::shared_ptr<PricingEngine>& engine, size_t options) {
    american.setPricingEngine(engine);
    report(name, options, [&] {
      double sum = 0;
      for (size_t i = 0; i < options; ++i) {
        spot->setValue(90 + 20.0 * double(i) / double(options));
        sum += american.NPV();
      }
      return sum;
    });
  };
  time("american fast", ext::make_shared<QdFpAmericanEngine>(process, QdFpAmericanEngine::fastScheme()), 2000);
  time("american accurate", ext::make_shared<QdFpAmericanEngine>(process, QdFpAmericanEngine::accurateScheme()), 500);
  time("american high precision", ext::make_shared<QdFpAmericanEngine>(process, QdFpAmericanEngine::highPrecisionScheme()), 50);
}
