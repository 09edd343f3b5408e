// What a team sees of a gate on its pull requests, through dist/, the real engine and the stand-in GitHub: preview, comment,
// merge, up, the comment again; and what stops an up.
import type { Cloud } from "../../local/cloud/cloud.ts";
import {
  commentsOn,
  commit,
  essence,
  merge,
  pullEvent,
  quiet,
  runStep,
  startRepository,
  type Step,
} from "../fixtures/pull-requests.ts";

jest.setTimeout(240_000);

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startRepository();
});
afterAll(() => cloud.stop());

const run = (step: Step) => runStep(cloud, step);

/** A pull request of its own, previewed. */
async function preview(number: number, step: Step) {
  const pull = { number, headSha: headOf(number) };
  cloud.github!.setPull(pull);
  const result = await run({ ...pullEvent(pull), ...step });
  return { pull, result };
}

/** The last commit of a pull request, and the one that merges it. */
const headOf = (number: number) => commit(String(number).padStart(2, "0"));
const merged = (number: number) => commit((160 + number).toString(16));

const bodyOn = (number: number) => commentsOn(cloud, number)[0]!.body;

describe("from the pull request to the gate", () => {
  test("opened: a preview, and one comment about it", async () => {
    const { result } = await preview(1, {});
    expect(essence(result)).toEqual(quiet);
    expect(commentsOn(cloud, 1)).toHaveLength(1);
    expect(bodyOn(1)).toContain("to create");
  });

  test("pushed to: the same comment", async () => {
    const { result } = await preview(1, { routes: ["/score", "/more"] });
    expect(commentsOn(cloud, 1)).toHaveLength(1);
    expect(bodyOn(1)).toContain("/more");
    expect(result.outputs["comment-id"]).toBe(
      String(commentsOn(cloud, 1)[0]!.id),
    );
  });

  test("merged: up, and the comment has the URL and the proof", async () => {
    const push = merge(cloud, { number: 1, headSha: headOf(1) }, merged(1));
    const result = await run(push);
    expect({ code: result.code, ready: result.outputs["ready"] }).toEqual({
      code: 0,
      ready: "true",
    });
    expect(commentsOn(cloud, 1)).toHaveLength(1);
    expect(bodyOn(1)).toContain(result.outputs["api-id"]);
    expect(bodyOn(1)).toContain("the proof passed");
    expect(result.outputs["comment-id"]).toBe(
      String(commentsOn(cloud, 1)[0]!.id),
    );
  });

  test("a push without a pull request has no comment, and no warning", async () => {
    const environment = { GITHUB_SHA: commit("99") };
    const result = await run({ event: "push", environment });
    expect(essence(result)).toEqual(quiet);
    expect(result.outputs["comment-id"]).toBe("");
  });
});

describe("what stops a run", () => {
  const push = { event: "push", environment: { GITHUB_SHA: commit("99") } };
  const more = { consumers: ["team-a", "team-b"] };

  test.each<[string, Record<string, string>]>([
    ["fail-on, told by the config", { "fail-on": "consumer-added" }],
    ["fail-on, told by the engine", { "fail-on": "replace,consumer-added" }],
    ["expect-no-changes", { "expect-no-changes": "true" }],
  ])("%s: an up before it changes anything", async (_, inputs) => {
    const result = await run({ ...push, ...more, inputs });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "fail-on",
      writes: 0,
    });
    expect(result.summary).toContain("team-b");
  });

  test("the same for a preview", async () => {
    const inputs = { "fail-on": "consumer-added" };
    const { result } = await preview(10, { ...more, inputs });
    expect(essence(result)).toMatchObject({ code: 1, reason: "fail-on" });
    expect(bodyOn(10)).toContain("consumer-added team-b");
  });

  test("what is allowed by name goes up", async () => {
    const inputs = {
      "fail-on": "consumer-added,replace",
      allow: "consumer-added team-b",
    };
    const result = await run({ ...push, ...more, inputs });
    expect({
      code: result.code,
      reason: result.outputs["failure-reason"],
    }).toEqual({ code: 0, reason: "" });
    expect(result.writes.length).toBeGreaterThan(0);
  });

  test("and is then no change any more", async () => {
    const inputs = { "expect-no-changes": "true", "fail-on": "consumer-added" };
    expect(essence(await run({ ...push, ...more, inputs }))).toEqual(quiet);
  });
});

test("a mistake in a pushed config is reported on the pull request that brought it", async () => {
  const pull = { number: 11, headSha: headOf(11) };
  const push = merge(cloud, pull, merged(11));
  const result = await run({ ...push, routes: ["{"] });
  expect(essence(result)).toMatchObject({ code: 1, reason: "invalid-input" });
  expect(bodyOn(11)).toContain("#### Problems");
});
