import type { CommentsApi } from "../../src/action/comment.ts";
import type { Asked } from "../../src/action/github.ts";
import type { MergedPull } from "../../src/action/merged.ts";
import { withReview } from "../../src/action/post-report.ts";
import { checkReviewed, signPreview } from "../../src/action/reviewed.ts";
import { isSigned, signReview } from "../../src/action/signature.ts";
import type { Thread } from "../../src/action/thread.ts";
import type { Described } from "../../src/action/describe.ts";
import { GateFailure } from "../../src/gate/failure.ts";
import type { Change } from "../../src/report/change.ts";
import { commentMarker, renderComment } from "../../src/report/comment.ts";
import { parseReviewMarker } from "../../src/report/digest.ts";

const secret = "stack-secret-0123456789";
const head = "a".repeat(40);
const later = "b".repeat(40);

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
  failure: undefined,
  ...more,
});

const jobOf = (number = 7, headSha = head) => ({
  event: "pull_request",
  pullRequest: { number, headSha, untrusted: false },
});

/** The comment that a preview leaves on a pull request. */
const commentOf = (
  run = runOf(),
  { number = 7, headSha = head, key = secret } = {},
) =>
  withReview(renderComment(run), signPreview(run, jobOf(number, headSha), key));

const retry = { sleep: () => Promise.resolve() };
const merged = (more: Partial<MergedPull> = {}): Asked<MergedPull> => ({
  ok: true,
  value: { number: 7, headSha: head, ...more },
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
  expect(body.split("\n")[1]).toBe(line);
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

test("but one of a gate whose tokens are in a table does: they are no change to the engine", async () => {
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
  const { failure } = await check(up({ changes: [], after }), undefined);
  expect(failure).toMatchObject({ reason: "plan-changed" });
});

describe("what is signed", () => {
  test.each<
    [
      string,
      Described,
      ReturnType<typeof jobOf> | { event: string; pullRequest: undefined },
      string | undefined,
    ]
  >([
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
      { event: "issue_comment", pullRequest: undefined },
      secret,
    ],
    [
      "a preview of a merge group",
      runOf(),
      { event: "merge_group", pullRequest: undefined },
      secret,
    ],
    ["an unreadable head", runOf(), jobOf(7, "HEAD"), secret],
  ])("not %s", (_, run, job, key) => {
    expect(signPreview(run, job, key)).toBeUndefined();
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
      { ...claim, digest: "f".repeat(64) },
      { ...claim, lines: [] },
    ].map((one) => signReview(one, secret));
    expect(new Set(macs).size).toBe(6);
    expect(signReview(claim, "other")).not.toBe(macs[0]);
    const about = { gateId: "g", pull: 7 };
    expect(isSigned({ ...marker, mac: macs[0]! }, about, secret)).toBe(true);
    expect(isSigned({ ...marker, mac: macs[0]!.slice(1) }, about, secret)).toBe(
      false,
    );
    expect(isSigned({ ...marker, mac: "" }, about, secret)).toBe(false);
  });
});
