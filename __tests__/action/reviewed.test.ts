import type { OutputMap } from "@pulumi/pulumi/automation";
import type { CommentsApi } from "../../src/action/github/comment.ts";
import type { Asked } from "../../src/action/github/github.ts";
import type { MergedPull } from "../../src/action/github/merged.ts";
import { historyIn, keepHistory } from "../../src/action/review/history.ts";
import type { Inputs } from "../../src/action/inputs/inputs.ts";
import { bodyOf } from "../../src/action/post-report.ts";
import { signPreview } from "../../src/action/review/review-line.ts";
import { checkReviewed } from "../../src/action/review/reviewed.ts";
import { isSigned, signReview } from "../../src/action/review/signature.ts";
import type { Target } from "../../src/action/target.ts";
import type { Thread } from "../../src/action/github/thread.ts";
import type { Described } from "../../src/action/describe.ts";
import { GateFailure } from "../../src/gate/failure.ts";
import type { Change } from "../../src/report/change.ts";
import { commentMarker, renderComment } from "../../src/report/comment.ts";
import { parseReviewMarker } from "../../src/report/digest.ts";
import { withReview } from "../../src/report/review-comment.ts";

const secret = "stack-secret-0123456789";
const head = "a".repeat(40);
const later = "b".repeat(40);
/** When the pull request was merged, in seconds since 1970. */
const mergedAt = 1_800_000_000;

const change = (name: string): Change => ({
  op: "update",
  type: "aws:lambda/function:Function",
  name,
  diffs: ["timeout"],
  values: {},
  replaceKeys: [],
  grants: [],
  leftover: false,
  failed: false,
});

const runOf = (more: Partial<Described> = {}): Described => ({
  command: "preview",
  gateId: "ai-gate.acme.app/prod",
  stack: "prod",
  previewed: true,
  changes: [change("authorizer")],
  contents: { gate: "1".repeat(64) },
  history: "h1",
  failure: undefined,
  ...more,
});

const jobOf = (number = 7, headSha = head) => ({
  event: "pull_request",
  action: "synchronize",
  pullRequest: { number, headSha, untrusted: false },
});

/** The comment that a preview leaves on a pull request. */
function commentOf(
  run = runOf(),
  { number = 7, headSha = head, key = secret, at = mergedAt - 60 } = {},
): string {
  const comment = renderComment(run);
  const signing = { secret: key, at };
  const line = signPreview(run, jobOf(number, headSha), signing);
  return withReview(comment, line?.(comment));
}

const retry = { sleep: () => Promise.resolve() };
const merged = (more: Partial<MergedPull> = {}): Asked<MergedPull> => ({
  ok: true,
  value: { number: 7, headSha: head, mergedAt, ...more },
});

function check(
  run: Described,
  body: string | undefined,
  more: {
    key?: string | undefined;
    pull?: Asked<MergedPull | undefined>;
    fault?: number;
    own?: boolean;
  } = {},
) {
  const { fault, own = true, pull = merged() } = more;
  const comments: CommentsApi = {
    list: () =>
      fault === undefined
        ? Promise.resolve({
            items: body === undefined ? [] : [{ id: 1, body, own }],
            more: false,
          })
        : Promise.reject(
            Object.assign(new Error("x"), {
              status: fault,
              response: { headers: {} },
            }),
          ),
    create: () => Promise.reject(new Error("nothing is written")),
    update: () => Promise.reject(new Error("nothing is written")),
  };
  const thread: Thread = {
    number: () => Promise.reject(new Error("not asked")),
    merged: () => Promise.resolve(pull),
    comments: () => comments,
  };
  const key = "key" in more ? more.key : secret;
  return checkReviewed(run, { thread, secret: key, retry });
}

/** What an `up` would do, previewed. */
const up = (more: Partial<Described> = {}) => runOf({ command: "up", ...more });

test("exactly what the preview showed goes up, and the review stays in the comment", async () => {
  const body = commentOf();
  const { difference, failure, line } = await check(up(), body);
  expect({ difference, failure }).toEqual({});
  expect(body.split("\n")[1]).toBe(line?.(body));
});

test("what a failed up writes over it is signed anew, for the same review", async () => {
  const { line } = await check(up({ changes: [change("gate")] }), commentOf());
  const report = renderComment(up({ failure: new GateFailure("engine", "x") }));
  const body = withReview(report, line?.(report));
  expect(body).not.toBe(commentOf());
  expect((await check(up(), body)).failure).toBeUndefined();
  const edited = body.replace("Failed", "Done");
  expect((await check(up(), edited)).failure?.message).toContain(
    "somebody edited it",
  );
});

test.each<[string, Partial<Described>]>([
  ["another resource", { changes: [change("authorizer"), change("gate")] }],
  ["one resource less", { changes: [change("gate")] }],
  [
    "the same resources with other contents",
    { contents: { gate: "2".repeat(64) } },
  ],
])("%s is refused, and shown", async (_, more) => {
  const { difference, failure, line } = await check(up(more), commentOf());
  expect(failure).toMatchObject({ reason: "plan-changed" });
  expect(difference?.added.length).toBeGreaterThan(0);
  expect(line).toBeDefined();
});

test("the commit and the run that previews are no difference", async () => {
  const body = commentOf(runOf({ sha: head, runUrl: "https://one" }));
  const { failure } = await check(
    up({ sha: later, runUrl: "https://two" }),
    body,
  );
  expect(failure).toBeUndefined();
});

const since = "<!-- ai-gate-since -->";
const line = (body: string) => body.split("\n")[1]!;
const replaceLine = (body: string, other: string) =>
  body.replace(line(body), other);

/** Everything that somebody with write access can do to a comment. */
test.each<[string, string | undefined, string]>([
  ["there is no comment", undefined, "no comment of this action with a review"],
  ["the review is gone", renderComment(runOf()), "with a review in it"],
  [
    "its digest was changed",
    commentOf().replace(/digest=./, "digest=f"),
    "not signed by this stack",
  ],
  [
    "its commit was changed",
    commentOf(runOf(), { headSha: later }).replace(later, head),
    "not signed by this stack",
  ],
  [
    "it was signed with the key of another stack",
    commentOf(runOf(), { key: "other" }),
    "not signed by this stack",
  ],
  [
    "it was copied from another gate that has the same key",
    replaceLine(
      commentOf(),
      line(commentOf(runOf({ gateId: "ai-gate.acme.app/dev" }))),
    ),
    "not signed by this stack",
  ],
  [
    "it was copied from another pull request",
    commentOf(runOf(), { number: 8 }),
    "not signed by this stack",
  ],
  [
    "it is of an older commit of this pull request",
    commentOf(runOf(), { headSha: later }),
    "the preview was of commit bbbbbbb, but pull request 7 was merged at aaaaaaa",
  ],
  [
    "the line of an older commit was put back over a newer text",
    replaceLine(commentOf(), line(commentOf(runOf(), { headSha: later }))),
    "the preview was of commit bbbbbbb",
  ],
  [
    "its time was changed",
    commentOf(runOf(), { at: mergedAt + 60 }).replace(
      /at=\d+/,
      `at=${mergedAt - 60}`,
    ),
    "not signed by this stack",
  ],
  [
    "its visible text shows less",
    `${commentOf().split("\n").slice(0, 2).join("\n")}\nNo changes\n`,
    "somebody edited it",
  ],
  [
    "one word of its text was changed",
    commentOf().replace("1 to update", "0 to update"),
    "somebody edited it",
  ],
  [
    "its text is folded away behind the marker",
    commentOf().replace("-->", "--><details><summary>No changes</summary>"),
    "somebody edited it",
  ],
  [
    "something was put below its text",
    `${commentOf()}It is only a test.\n`,
    "somebody edited it",
  ],
  [
    "its text was put below the line that says what came since",
    commentOf().replace("###", `No changes\n${since}\n###`),
    "somebody edited it",
  ],
  [
    "the hash of the text was changed with the text",
    commentOf()
      .replace("1 to update", "0 to update")
      .replace(/text=[0-9a-f]{64}/, (text) => text.replaceAll(/\d/g, "0")),
    "not signed by this stack",
  ],
  [
    "the preview was made after the merge",
    commentOf(runOf(), { at: mergedAt + 1 }),
    "made after the merge",
  ],
  [
    "the preview was made in the second of the merge",
    commentOf(runOf(), { at: mergedAt }),
    "made after the merge",
  ],
  [
    "there are two reviews in it",
    `${commentOf()}\n${line(commentOf())}`,
    "with a review in it",
  ],
])("refused when %s", async (_, body, words) => {
  const { failure, line: kept } = await check(up(), body);
  expect(failure).toBeInstanceOf(GateFailure);
  expect(failure).toMatchObject({ reason: "plan-changed" });
  expect(failure?.message).toContain(words);
  expect(kept).toBeUndefined();
});

test.each<[string, (text: string) => string]>([
  ["CRLF at its line ends", (text) => text.replaceAll("\n", "\r\n")],
  ["blanks at its line ends", (text) => text.replaceAll("\n", "  \n")],
  ["no blank lines", (text) => text.replaceAll("\n\n", "\n")],
  ["no line end at its end", (text) => text.trimEnd()],
  ["more of them", (text) => `${text}\n\n`],
])("a comment that GitHub gives back with %s is the same", async (_, edit) => {
  const [first = "", second = "", ...rest] = commentOf().split("\n");
  const body = [first, second, edit(rest.join("\n"))].join("\r\n");
  expect((await check(up(), body)).failure).toBeUndefined();
});

test.each<[string, Asked<MergedPull | undefined>]>([
  ["not known", merged({ mergedAt: NaN })],
  ["before the preview", merged({ mergedAt: mergedAt - 61 })],
])("a merge whose time is %s had no preview", async (_, pull) => {
  const { failure } = await check(up(), commentOf(), { pull });
  expect(failure?.message).toContain("made after the merge");
});

describe("a review is used once", () => {
  /** The stack's outputs after an up. */
  const brought = async (before: OutputMap, contents: object) => {
    const program = () => Promise.resolve({ apiId: "a" });
    const known = contents as Record<string, string>;
    const outputs = (await keepHistory(program, before, known)())!;
    expect(outputs["apiId"]).toBe("a");
    return Object.fromEntries(
      Object.entries(outputs).map(([name, value]) => [
        name,
        { value: value as string, secret: false },
      ]),
    );
  };
  const closed = { gate: "1" };
  const open = { gate: "2" };

  test("the same brought up again leaves the history as it is", async () => {
    const first = await brought({}, closed);
    expect(historyIn({})).toBe("");
    expect(historyIn(first)).toMatch(/^[0-9a-f]{64}$/);
    expect(await brought(first, closed)).toEqual(first);
  });

  test("what is undone leaves another history than what never was", async () => {
    const first = await brought({}, closed);
    const second = await brought(first, open);
    const third = await brought(second, closed);
    const fourth = await brought(third, open);
    const all = [first, second, third, fourth].map(historyIn);
    expect(new Set(all).size).toBe(4);
    expect(third["deployed"]).toEqual(first["deployed"]);
  });

  test("so the push of a pull request that was reverted cannot be run again", async () => {
    const first = await brought({}, closed);
    const plan = { contents: open };
    const body = commentOf(runOf({ ...plan, history: historyIn(first) }));
    const now = (outputs: OutputMap) =>
      check(up({ ...plan, history: historyIn(outputs) }), body);
    expect((await now(first)).failure).toBeUndefined();
    const reverted = await brought(await brought(first, open), closed);
    const { difference, failure } = await now(reverted);
    expect(failure).toMatchObject({ reason: "plan-changed" });
    expect(difference).toEqual({
      added: ["the gate was changed by another run since the preview"],
      removed: 1,
    });
  });
});

describe("an up that fails before it has read the review", () => {
  const failed = (message = "no credentials", runUrl = "https://run/1") =>
    up({ failure: new GateFailure("no-credentials", message), runUrl });
  const inputs = { requireReviewed: true } as Inputs;
  const body = commentOf();
  const after = bodyOf({ run: failed(), inputs }, body);

  test("leaves it there, tells its failure below, and can be run again", async () => {
    expect(after.startsWith(body.trimEnd())).toBe(true);
    expect(after).toContain(`\n${since}\n> [!CAUTION]\n`);
    expect(after).toContain("no credentials");
    expect(after).toContain("<https://run/1>");
    expect((await check(up(), after)).failure).toBeUndefined();
  });

  test("takes the place of an earlier one", () => {
    const again = bodyOf({ run: failed("throttled"), inputs }, after);
    expect(again).not.toContain("no credentials");
    expect(again).toBe(bodyOf({ run: failed("throttled"), inputs }, body));
  });

  test("is told shortly, whatever it says", () => {
    const run = failed("$`@".repeat(3000), `https://run/${"1".repeat(400)}`);
    const [, below = ""] = bodyOf({ run, inputs }, body).split(since);
    expect(below.length).toBeGreaterThan(400);
    expect(below.length).toBeLessThanOrEqual(2001);
  });

  test("what is written below is no part of what was reviewed", async () => {
    const edited = after.replace("no credentials", "all is well");
    expect(edited).not.toBe(after);
    expect((await check(up(), edited)).failure).toBeUndefined();
  });

  test("but nobody can put another review there", async () => {
    const { failure } = await check(up(), `${after}\n${line(body)}`);
    expect(failure?.message).toContain("with a review in it");
  });

  test.each<[string, Parameters<typeof bodyOf>[0], string | undefined]>([
    ["one that did not fail", { run: up(), inputs }, body],
    [
      "one that asks for no review",
      { run: failed(), inputs: { ...inputs, requireReviewed: false } },
      body,
    ],
    [
      "one that has read its review",
      { run: failed(), inputs, reviewLine: () => line(body) },
      body,
    ],
    [
      "a later preview that failed",
      { run: { ...failed(), command: "preview" }, inputs },
      body,
    ],
    ["a comment without a review", { run: failed(), inputs }, "text"],
    ["no comment", { run: failed(), inputs }, undefined],
  ])("not %s: the whole report takes its place", (_, finished, present) => {
    const { reviewLine, run } = finished;
    const report = renderComment(run);
    expect(bodyOf(finished, present)).toBe(
      withReview(report, reviewLine?.(report)),
    );
  });

  test("also when drift held it", () => {
    const target = { command: "up" } as Target;
    const run = { ...failed(), command: "drift" as const };
    expect(bodyOf({ run, inputs, target }, body)).toContain(since);
    expect(bodyOf({ run, inputs }, body)).not.toContain(since);
  });
});

test.each<[string, Parameters<typeof check>[2], string]>([
  [
    "the stack has no key yet",
    { key: undefined },
    "do that once with `require-reviewed: false`",
  ],
  [
    "no pull request merged the commit",
    { pull: { ok: true, value: undefined } },
    "not merged into its branch by a pull request",
  ],
  [
    "GitHub does not say which",
    { pull: { ok: false, reason: "GitHub answered 500" } },
    "GitHub answered 500",
  ],
  ["the comments cannot be read", { fault: 403 }, "pull-requests: read"],
  [
    "the comment is somebody else's",
    { own: false },
    "no comment of this action",
  ],
])("refused when %s", async (_, more, words) => {
  const { failure } = await check(up(), commentOf(), more);
  expect(failure).toMatchObject({ reason: "plan-changed" });
  expect(failure?.message).toContain(words);
});

test("refused without a token", async () => {
  const sources = { thread: undefined, secret, retry };
  const { failure } = await checkReviewed(up(), sources);
  expect(failure?.message).toContain("github-token");
});

test("an up that changes nothing needs no review", async () => {
  expect(await check(up({ changes: [] }), undefined)).toEqual({});
});

describe("of a gate whose tokens are in a table, which are no change to the engine,", () => {
  const after = {
    version: 2,
    stageName: "v1",
    tokenHeader: "Authorization",
    auth: { modes: [], cacheTtl: 60, store: "dynamodb", issuers: [] },
    routes: [],
    consumers: [],
    plans: [],
    origins: [],
  } as unknown as NonNullable<Described["after"]>;
  const sorted = Object.fromEntries(
    Object.entries(after).toReversed(),
  ) as unknown as typeof after;

  test("one that leaves the gate as it was needs no review", async () => {
    const run = up({ changes: [], before: sorted, after });
    expect(await check(run, undefined)).toEqual({});
  });

  test.each<[string, Described["before"]]>([
    ["another gate", { ...after, origins: ["https://app.example.com"] }],
    ["a gate that was never summed up", undefined],
  ])("one after %s does", async (_, before) => {
    const run = up({ changes: [], before, after });
    const { failure } = await check(run, undefined);
    expect(failure).toMatchObject({ reason: "plan-changed" });
  });
});

describe("what is signed", () => {
  type SigningJob = Parameters<typeof signPreview>[1];
  const other = (more: Partial<SigningJob>): SigningJob => ({
    ...jobOf(),
    ...more,
  });
  const at = mergedAt - 60;

  test.each<[string, Described, SigningJob, string | undefined]>([
    [
      "a preview that failed",
      runOf({ failure: new GateFailure("engine", "x") }),
      jobOf(),
      secret,
    ],
    ["a run with files only", runOf({ filesOnly: "a fork" }), jobOf(), secret],
    ["a stack without a key", runOf(), jobOf(), undefined],
    ["an up", runOf({ command: "up" }), jobOf(), secret],
    ["drift", runOf({ command: "drift" }), jobOf(), secret],
    [
      "a preview that a comment asked for",
      runOf(),
      other({ event: "issue_comment", pullRequest: undefined }),
      secret,
    ],
    [
      "a preview of a merge group",
      runOf(),
      other({ event: "merge_group", pullRequest: undefined }),
      secret,
    ],
    [
      "a preview of an event that shows no merge",
      runOf(),
      other({ event: "pull_request_review_comment" }),
      secret,
    ],
    [
      "a preview of a pull request that is closed",
      runOf(),
      other({ action: "closed" }),
      secret,
    ],
    [
      "a preview of a fork, or of Dependabot",
      runOf(),
      other({ pullRequest: { number: 7, headSha: head, untrusted: true } }),
      secret,
    ],
    ["an unreadable head", runOf(), jobOf(7, "HEAD"), secret],
  ])("not %s", (_, run, job, key) => {
    expect(signPreview(run, job, { secret: key, at })).toBeUndefined();
  });

  test("a preview that somebody's approval asked for", () => {
    const job = other({ event: "pull_request_review", action: "submitted" });
    expect(signPreview(runOf(), job, { secret, at })).toBeDefined();
  });

  test("a preview of a pull request, right below the comment's own marker", () => {
    const [first, second] = commentOf().split("\n");
    expect(first).toBe(commentMarker("ai-gate.acme.app/prod"));
    expect(second).toMatch(/^<!-- ai-gate-review .* -->$/);
    expect(commentOf()).not.toContain(secret);
  });

  test("every part of a claim is in its signature", () => {
    const marker = parseReviewMarker(commentOf())!;
    const claim = { ...marker, gateId: "g", pull: 7 };
    const macs = [
      claim,
      { ...claim, pull: 8 },
      { ...claim, gateId: "h" },
      { ...claim, sha: later },
      { ...claim, at: 1_700_000_000 },
      { ...claim, text: "f".repeat(64) },
      { ...claim, digest: "f".repeat(64) },
      { ...claim, lines: [] },
    ].map((one) => signReview(one, secret));
    expect(new Set(macs).size).toBe(8);
    expect(signReview(claim, "other")).not.toBe(macs[0]);
    const about = { gateId: "g", pull: 7 };
    expect(isSigned({ ...marker, mac: macs[0]! }, about, secret)).toBe(true);
    expect(isSigned({ ...marker, mac: macs[0]!.slice(1) }, about, secret)).toBe(
      false,
    );
    expect(isSigned({ ...marker, mac: "" }, about, secret)).toBe(false);
  });
});
