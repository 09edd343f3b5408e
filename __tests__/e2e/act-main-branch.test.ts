// What the main branch is guarded by, through examples/drift.yml: a change by hand is found and reported once.
import type { ActResult } from "../../local/tools/act.ts";
import {
  commit,
  type Flow,
  leaksIn,
  outputsOf,
  pushEvent,
  startFlow,
} from "../fixtures/act-flow.ts";

jest.setTimeout(300_000);

let flow: Flow;
let first: ActResult;
let drift: ActResult;

beforeAll(async () => {
  flow = await startFlow([]);
  const event = pushEvent(commit("1"));
  first = await flow.run({ example: "pull-request.yml", event });
  const { api } = [...flow.cloud.gateway.store.apis.values()][0]!.parts;
  api.description = "changed by hand";
  const morning = { name: "schedule", payload: {} } as const;
  drift = await flow.run({
    example: "drift.yml",
    event: morning,
    fails: true,
  });
});
afterAll(() => flow.stop());

test("a change by hand: the run is red, changes nothing, and one issue says where", () => {
  expect(first.jobs).toEqual({ deploy: "success" });
  expect(drift.jobs).toEqual({ drift: "failure" });
  expect(outputsOf(drift, "drift")).toMatchObject({
    "failure-reason": "drift",
    changed: "true",
  });
  const issues = flow.github.issues();
  expect(issues).toHaveLength(1);
  expect(issues[0]?.body).toContain("gate");
});

test("no secret is in a log, a comment, an issue, the state or the code", () => {
  expect(leaksIn(flow, [first, drift])).toEqual([]);
});
