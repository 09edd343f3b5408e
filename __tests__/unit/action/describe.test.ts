import {
  describeExecution,
  describeFiles,
  type Execution,
  summaryIn,
} from "../../../src/action/describe.ts";
import { readJob } from "../../../src/action/job.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { findFindings } from "../../../src/report/findings.ts";
import { customGate, gate, route } from "../../fixtures/proof-gates.ts";
import { sha256 } from "../../fixtures/sources.ts";

const job = readJob({});
const target = (described: Gate) => ({
  command: "preview" as const,
  stack: "prod",
  region: "eu-west-1",
  gate: described,
  removeStack: false,
});
const own = customGate();
const stored = (summary: unknown) => ({
  summary: { value: summary, secret: false },
});

const execution = (more: Partial<Execution>): Execution => ({
  before: {},
  after: {},
  report: { changes: [], errors: [], violations: [], maybeCorrupt: false },
  failure: undefined,
  proofKey: undefined,
  gate: own,
  contents: { "own-authorizer": "2" },
  tokens: undefined,
  ...more,
});

test("another file of the user's own authorizer is found", () => {
  const before = stored(summarizeGate(own, { sha256, ownAuthorizer: "1" }));
  const codes = (contents: Execution["contents"]) =>
    findFindings(
      describeExecution(target(own), execution({ before, contents }), job),
    ).map(({ code }) => code);
  expect(codes({ "own-authorizer": "2" })).toEqual(["auth-changed"]);
  expect(codes({ "own-authorizer": "1" })).toEqual([]);
});

test.each([
  [undefined, false],
  [{ publicKey: {}, privateKey: {} } as never, true],
])("a key of the proof is in the summary: %j", (proofKey, told) => {
  const { after } = describeExecution(
    target(gate()),
    execution({ gate: gate(), proofKey }),
    job,
  );
  expect(after?.proof).toBe(told);
});

test("from files alone the own authorizer is known, but not what is in it", () => {
  expect(describeFiles(target(own), "a fork", job).after?.auth.custom).toEqual({
    directory: "./authorizer",
    runtime: "python3.13",
    handler: "authorizer.handler",
    type: "token",
  });
});

test.each([
  [{}],
  [stored("text")],
  [stored({ version: 3 })],
  [stored({ ...summarizeGate(gate(), { sha256 }), version: 2 })],
])("no summary that this version can read: %j", (outputs) => {
  expect(summaryIn(outputs)).toBeUndefined();
});

test.each([
  ["/openai/{proxy+}", "https://x/v1/openai"],
  ["/score", "https://x/v1/score"],
  ["/{proxy+}", "https://x/v1"],
])("the invoke URL of a gate whose first route is %s", (path, url) => {
  const text = (value: string) => ({ value, secret: false });
  const before = {
    apiId: text("a"),
    baseUrl: text("https://x/v1/"),
    region: text("eu-west-1"),
    stageName: text("v1"),
  };
  const first = gate({ routes: [route(path, "scorer")] });
  const urls = (more: Partial<Execution>) =>
    describeExecution(target(first), execution(more), job).urls?.invokeUrl;
  expect(urls({ before, gate: first })).toBe(url);
  const summary = stored(summarizeGate(first, { sha256 }));
  expect(urls({ before: { ...before, ...summary }, gate: undefined })).toBe(
    url,
  );
});
