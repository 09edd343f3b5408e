// Sources are TypeScript modules compiled in memory. Packages that ship ES modules only (jose) are loaded by Node's own
// require(esm), which Jest uses from Node 24.9 on with --experimental-vm-modules (scripts/test.ts sets it).
module.exports = {
  testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
  testEnvironment: "node",
  // No test is about how long something takes, and on a busy machine what takes a second can take ten.
  testTimeout: 60_000,
  // The end-to-end tests mostly wait for engines and providers; one worker a core less one (Jest's default) would idle.
  maxWorkers: 3,
  testSequencer: "<rootDir>/jest.sequencer.cjs",
  // Tests of one file that run at once: each starts an engine and a provider, and there are other workers.
  maxConcurrency: 3,
  // On a busy machine a worker without any open handle may need more than Jest's half a second to end.
  workerGracefulExitTimeout: 10_000,
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2023" } },
    ],
  },
  // The toolkit's packages declare an `import` entry only, which a compiled require does not see.
  moduleNameMapper: {
    "^@actions/http-client$":
      "<rootDir>/node_modules/@actions/http-client/lib/index.js",
    "^@actions/(core|github|tool-cache)$":
      "<rootDir>/node_modules/@actions/$1/lib/$1.js",
  },
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
};
