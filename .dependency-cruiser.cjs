// The arrows of the house. Imports run downward only, a type-only import is an arrow too, and a package has one door.

const tests = "\\.test\\.ts$";

/** What only tests use and is no test itself: conformance suites, twins (second implementations), set-ups. */
const support = "/(conformance|twin|testing)/";
const forTests = [tests, support, "^packages/(testkit|desk-log)/"];

/** Lowest first. */
const ranks = [
  { name: "values", path: "^packages/(pricing|domain)/" },
  { name: "contracts", path: "^packages/contracts/" },
  { name: "engine", path: "^packages/engine/" },
  { name: "ground", path: "^packages/(database|service-kit|transparency)/" },
  { name: "runtime", path: "^packages/runtime/" },
  { name: "adapters", path: "^packages/(archive|bus|calendars|work-queue|event-log|execution|read-models|venues|datasets)/" },
  { name: "history", path: "^packages/history/" },
  { name: "services", path: "^services/" },
  { name: "bench", path: "^bench/" },
];

const strangers = [
  { name: "values", packages: "pricing|domain" },
  { name: "ground", packages: "database|service-kit|transparency" },
  { name: "adapters", packages: "archive|bus|calendars|work-queue|event-log|execution|read-models|venues|datasets" },
].map(({ name, packages }) => ({
  name: `${name}-strangers`,
  comment: "Packages of one rank do not import each other; what two share lies below both.",
  severity: "error",
  from: { path: `^packages/(${packages})/` },
  to: { path: `^packages/(${packages})/`, pathNot: "^packages/$1/" },
}));

const pure = "^packages/(pricing|domain|contracts|engine)/src/";

const upward = ranks.slice(0, -1).map(({ name, path }, rank) => ({
  name: `${name}-import-downward`,
  comment: "A lower rank never imports a higher one.",
  severity: "error",
  from: { path },
  to: { path: ranks.slice(rank + 1).map((higher) => higher.path) },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
// What a command line asks before it loads the house: the same list stands in packages/eslint-config/src/house.ts.
const sideDoors = "^packages/(runtime/src/settings/index|history/src/as-of-point)\\.ts$";

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", comment: "Name the file with its ending, or add the package to package.json.", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...upward,
    ...strangers,
    {
      name: "contracts-know-domain-only",
      severity: "error",
      from: { path: "^packages/contracts/src/", pathNot: tests },
      to: { path: "^packages/", pathNot: "^packages/(contracts|domain)/" },
    },
    {
      name: "services-strangers",
      comment: "Services speak through the bus, the log and the queue; only cli composes them in one process, and tests where the other side should be real.",
      severity: "error",
      from: { path: "^services/([^/]+)/", pathNot: ["^services/cli/", "^services/[^/]+/src/testing/"] },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    { name: "nobody-imports-cli", severity: "error", from: { pathNot: "^services/cli/" }, to: { path: "^services/cli/" } },
    {
      name: "one-door",
      comment: "Import @finality/<name>, never a file behind it; the side doors are those of a package.json.",
      severity: "error",
      from: { path: "^(packages|services)/([^/]+)/" },
      to: { path: "^(packages|services)/[^/]+/", pathNot: ["^$1/$2/", "^(packages|services)/[^/]+/src/index\\.ts$", sideDoors] },
    },
    {
      name: "one-door-for-bench",
      severity: "error",
      from: { path: "^bench/" },
      to: { path: "^(packages|services)/[^/]+/", pathNot: "^(packages|services)/[^/]+/src/index\\.ts$" },
    },
    {
      name: "not-through-the-own-door",
      comment: "Inside a package import the file that owns the name.",
      severity: "error",
      from: { path: "^(packages|services)/([^/]+)/src/", pathNot: tests },
      to: { path: "^$1/$2/src/index\\.ts$" },
    },
    {
      name: "testkit-in-tests-only",
      severity: "error",
      from: { path: "^(packages|services)/", pathNot: forTests },
      to: { path: "^packages/(testkit|desk-log)/" },
    },
    {
      name: "brokers-in-tests-only",
      comment: "Running code meets the brokers that it is told of; only tests and benchmarks start some.",
      severity: "error",
      from: { pathNot: [...forTests, "^infra/", "^bench/"] },
      to: { path: "^infra/" },
    },
    { name: "testkit-knows-no-service", severity: "error", from: { path: "^packages/testkit/" }, to: { path: "^services/" } },
    {
      name: "tests-are-leaves",
      comment: "What two tests share is not in a test.",
      severity: "error",
      from: {},
      to: { path: tests },
    },
    {
      name: "support-in-tests-only",
      comment: "Running code uses no conformance suite, twin or test set-up.",
      severity: "error",
      from: { pathNot: forTests },
      to: { path: support },
    },
    { name: "pure-without-node", comment: "Pure packages do no I/O.", severity: "error", from: { path: pure, pathNot: tests }, to: { dependencyTypes: ["core"] } },
    {
      name: "pure-with-value-types-only",
      comment: "Of npm packages only value types: decimal.js, and typebox in contracts.",
      severity: "error",
      from: { path: pure, pathNot: tests },
      to: { path: "node_modules/", pathNot: ["node_modules/decimal\\.js/", "node_modules/typebox/"] },
    },
    {
      name: "typebox-in-contracts-only",
      severity: "error",
      from: { path: pure, pathNot: [tests, "^packages/contracts/"] },
      to: { path: "node_modules/typebox/" },
    },
    {
      name: "tools-in-tests-only",
      comment: "Running code needs dependencies, not devDependencies.",
      severity: "error",
      from: { path: "^(packages|services)/[^/]+/src/", pathNot: forTests },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "^(packages|services)/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["(^|/)(\\.turbo|dist)/", "^packages/[^/]+/src/generated/"] },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
