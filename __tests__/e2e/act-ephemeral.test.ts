// A gate that lives as long as its pull request, through examples/ephemeral.yml: up when it is opened, up again when it is
// pushed to, gone with its stack and its deployment when it is closed; and closing once more harms nothing.
import type { ActResult } from "../../local/tools/act.ts";
import {
  commit,
  type Flow,
  leaksIn,
  outputsOf,
  pullRequestEvent,
  startFlow,
} from "../fixtures/act-flow.ts";

jest.setTimeout(300_000);

const example = "ephemeral.yml";
const pull = 12;

let flow: Flow;
const runs: Record<"opened" | "pushed" | "closed" | "again", ActResult> =
  Object.create(null);
const apis: Record<string, number> = {};
const bodies: Record<string, string[]> = {};

beforeAll(async () => {
  flow = await startFlow([pull]);
  const step = async (
    name: keyof typeof runs,
    action: "opened" | "synchronize" | "closed",
    edit?: (text: string) => string,
  ) => {
    const sha = commit(action === "opened" ? "1" : "2");
    flow.github.setPull({ number: pull, headSha: sha });
    const event = pullRequestEvent(pull, action, { sha });
    runs[name] = await flow.run({ example, event, ...(edit && { edit }) });
    apis[name] = flow.cloud.gateway.store.apis.size;
    bodies[name] = flow.ours(pull).map(({ body }) => body);
  };
  const moved = (text: string) => text.replace("path: openai/", "path: chat/");
  await step("opened", "opened");
  await step("pushed", "synchronize", moved);
  flow.github.setPull({ number: pull, state: "closed" });
  await step("closed", "closed", moved);
  await step("again", "closed", moved);
});
afterAll(() => flow.stop());

const statesOf = (index: number): string[] =>
  flow.github.deployments()[index]?.statuses.map(({ state }) => state) ?? [];

test("opened: the gate is up, proved, and called by a later job of the same run", () => {
  expect(runs.opened.jobs).toEqual({ deploy: "success", try: "success" });
  expect(outputsOf(runs.opened)).toMatchObject({ ready: "true" });
  expect(apis["opened"]).toBe(1);
});

test("pushed: the same gate is updated, and the old route is proved gone", () => {
  expect(runs.pushed.jobs).toEqual({ deploy: "success", try: "success" });
  expect(apis["pushed"]).toBe(1);
  expect(outputsOf(runs.pushed)["api-id"]).toBe(
    outputsOf(runs.opened)["api-id"],
  );
  const proof = JSON.parse(outputsOf(runs.pushed)["proof"] ?? "[]") as {
    title: string;
    status: string;
  }[];
  expect(
    proof.filter(({ title }) => title.endsWith("removed")).length,
  ).toBeGreaterThan(0);
});

test("one comment all along, which says in the end that the gate is gone", () => {
  for (const name of ["opened", "pushed", "closed", "again"])
    expect(bodies[name]).toHaveLength(1);
  expect(bodies["opened"]![0]).toContain("/openai/");
  expect(bodies["pushed"]![0]).toContain("/chat/");
  expect(bodies["closed"]![0]).toMatch(/destroyed/i);
});

test("closed: nothing is left in AWS, not even the stack", () => {
  expect(runs.closed.jobs).toMatchObject({ deploy: "success" });
  expect(apis["closed"]).toBe(0);
  expect(Number(outputsOf(runs.closed)["delete-count"])).toBeGreaterThan(0);
  const deleted = flow.cloud.gateway.ledger.filter(
    ({ method, path, service, status }) =>
      service === "s3" &&
      method === "DELETE" &&
      /stacks\/.*pr-12/.test(path) &&
      status < 300,
  );
  expect(deleted.length).toBeGreaterThan(0);
});

test("the deployments: each success retired by the next one, the last by the close", () => {
  const { environments, transient } = {
    environments: flow.github.deployments().map((one) => one.environment),
    transient: flow.github.deployments().map((one) => one.transient),
  };
  expect(environments).toEqual(["pr-12", "pr-12"]);
  expect(transient).toEqual([true, true]);
  expect(statesOf(0).at(-1)).toBe("inactive");
  expect(statesOf(1).slice(-2)).toEqual(["success", "inactive"]);
});

test("closed once more: a stack that is not there is no failure", () => {
  expect(runs.again.jobs).toMatchObject({ deploy: "success" });
  expect(outputsOf(runs.again)).toMatchObject({
    changed: "false",
    "failure-reason": "",
  });
  expect(flow.github.deployments()).toHaveLength(2);
});

test("no secret is in a log, a comment, a deployment, the state or the code", () => {
  expect(leaksIn(flow, Object.values(runs))).toEqual([]);
});
