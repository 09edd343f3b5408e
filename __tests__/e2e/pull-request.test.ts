// What a team sees of a gate on its pull requests, through dist/, the real engine and the stand-in GitHub: preview, comment,
// merge, up, the comment again; what stops an up; and that only what was reviewed is brought up.
import type { Cloud } from "../../local/cloud.ts";
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
} from "./pull-requests.ts";

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

const review = /<!-- ai-gate-review .*-->/;
const bodyOn = (number: number) => commentsOn(cloud, number)[0]!.body;

describe("from the pull request to the gate", () => {
  test("opened: a preview, and one comment about it", async () => {
    const { result } = await preview(1, {});
    expect(essence(result)).toEqual(quiet);
    expect(commentsOn(cloud, 1)).toHaveLength(1);
    expect(bodyOn(1)).toContain("to create");
    // There is no stack yet, so there is no key to sign with.
    expect(bodyOn(1)).not.toMatch(review);
  });

  test("pushed to: the same comment", async () => {
    const { result } = await preview(1, { routes: ["/score", "/more"] });
    expect(commentsOn(cloud, 1)).toHaveLength(1);
    expect(bodyOn(1)).toContain("/more");
    expect(result.outputs["comment-id"]).toBe(
      String(commentsOn(cloud, 1)[0]!.id),
    );
  });

  test("a first up cannot have been reviewed with a signature, and says what to do", async () => {
    const push = merge(cloud, { number: 1, headSha: headOf(1) }, merged(1));
    const result = await run({
      ...push,
      inputs: { "require-reviewed": "true" },
    });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
    expect(result.outputs["verdict"]).toContain(
      "do that once with `require-reviewed: false`",
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

describe("only what was reviewed", () => {
  const reviewed = { "require-reviewed": "true" };
  const two = { routes: ["/score", "/two"] };

  let used: { readonly push: Step; readonly body: string };

  test("a preview of a gate that is there is signed, and its merge goes up", async () => {
    const { pull } = await preview(2, two);
    const before = bodyOn(2);
    expect(before).toMatch(review);
    const push = merge(cloud, pull, merged(2));
    const result = await run({ ...push, ...two, inputs: reviewed });
    expect({ code: result.code, ready: result.outputs["ready"] }).toEqual({
      code: 0,
      ready: "true",
    });
    // The review is used up, and nothing is left to do.
    expect(bodyOn(2)).not.toMatch(review);
    const again = await run({ ...push, ...two, inputs: reviewed });
    expect(essence(again)).toEqual(quiet);
    used = { push, body: before };
  });

  test("and is no review any more once that was reverted, also with the comment put back", async () => {
    const { pull } = await preview(5, { routes: ["/score"] });
    const revert = await run({
      ...merge(cloud, pull, merged(5)),
      inputs: reviewed,
    });
    expect(revert.code).toBe(0);
    commentsOn(cloud, 2)[0]!.body = used.body;
    const result = await run({ ...used.push, ...two, inputs: reviewed });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
    expect(result.summary).toContain(
      "The gate was changed by another run since the preview",
    );
    // A gate that was there before keeps its URL in the outputs.
    expect(result.outputs["invoke-url"]).toContain("/score");
  });

  test("what came in between is not brought up, and is shown", async () => {
    const three = { routes: ["/score", "/three"] };
    const { pull } = await preview(3, three);
    const push = merge(cloud, pull, merged(3));
    const other = { routes: ["/score", "/slipped-in"] };
    const result = await run({ ...push, ...other, inputs: reviewed });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
    expect(bodyOn(3)).toContain("/slipped-in");
    expect(bodyOn(3)).toMatch(review);
    // The merge of what was shown still goes up, also after a run that failed before it read the review.
    const held = await run({
      ...push,
      ...three,
      inputs: { ...reviewed, "fail-on": "route-added" },
    });
    expect(essence(held)).toMatchObject({ code: 1, reason: "fail-on" });
    expect(bodyOn(3)).toMatch(review);
    expect(bodyOn(3)).toContain("fail-on");
    const meant = await run({ ...push, ...three, inputs: reviewed });
    expect(meant.code).toBe(0);
    expect(bodyOn(3)).toContain("the proof passed");
  });

  test.each<[string, (body: string) => string, string]>([
    [
      "digest",
      (body) => body.replace(/digest=[0-9a-f]{8}/, "digest=00000000"),
      "was not signed by this stack",
    ],
    [
      "visible text",
      (body) => `${body.split("\n").slice(0, 2).join("\n")}\nNo changes\n`,
      "somebody edited it",
    ],
  ])("a comment whose %s was edited stops it", async (_, edit, words) => {
    const step = { routes: ["/score", "/new"] };
    const { pull } = await preview(4, step);
    const comment = commentsOn(cloud, 4)[0]!;
    comment.body = edit(comment.body);
    const push = merge(cloud, pull, merged(4));
    const result = await run({ ...push, ...step, inputs: reviewed });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
    expect(result.outputs["verdict"]).toContain(words);
  });

  test("a preview that is made after the merge is no review", async () => {
    const step = { routes: ["/score", "/new"] };
    const { pull } = await preview(6, step);
    const push = merge(cloud, pull, merged(6));
    cloud.github!.setPull({ number: 6, mergedAt: "2026-01-01T00:00:00Z" });
    const result = await run({ ...push, ...step, inputs: reviewed });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
    expect(result.outputs["verdict"]).toContain("made after the merge");
  });

  test("a push after the review stops it, also with the review put back", async () => {
    const step = { routes: ["/score", "/new"] };
    await preview(7, step);
    const old = review.exec(bodyOn(7))![0];
    const later = { number: 7, headSha: commit("77") };
    await run({ ...pullEvent({ ...later, action: "synchronize" }), ...step });
    const comment = commentsOn(cloud, 7)[0]!;
    comment.body = comment.body.replace(review, old);
    const push = merge(cloud, later, merged(7));
    const result = await run({ ...push, ...step, inputs: reviewed });
    expect(essence(result)).toMatchObject({ code: 1, writes: 0 });
    expect(result.outputs["verdict"]).toContain(
      "the preview was of commit 0707070, but pull request 7 was merged at 7777777",
    );
  });

  test("a commit that no pull request merged stops it", async () => {
    const result = await run({
      event: "push",
      environment: { GITHUB_SHA: commit("99") },
      routes: ["/score", "/new"],
      inputs: reviewed,
    });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "plan-changed",
      writes: 0,
    });
  });

  test("a commit that changes nothing needs no review", async () => {
    const result = await run({
      event: "push",
      environment: { GITHUB_SHA: commit("99") },
      routes: ["/score", "/three"],
      inputs: reviewed,
    });
    expect(essence(result)).toEqual(quiet);
  });
});

describe("what stops a run", () => {
  const push = { event: "push", environment: { GITHUB_SHA: commit("99") } };
  const routes = ["/score", "/three"];
  const more = { routes, consumers: ["team-a", "team-b"] };

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
    expect(bodyOn(10)).not.toMatch(review);
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

test("a mistake in a pushed config is told on the pull request that brought it", async () => {
  const pull = { number: 11, headSha: headOf(11) };
  const push = merge(cloud, pull, merged(11));
  const result = await run({ ...push, routes: ["{"] });
  expect(essence(result)).toMatchObject({ code: 1, reason: "invalid-input" });
  expect(bodyOn(11)).toContain("What is wrong");
});
