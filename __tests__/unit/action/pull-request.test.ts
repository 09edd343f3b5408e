import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Github } from "../../../local/github/github.ts";
import {
  type AssociatedPull,
  type EventFacts,
  findPullNumber,
  isMergeOf,
} from "../../../src/action/github/pull-request.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const sha = "a".repeat(40);
const head = "b".repeat(40);
/** What GitHub's merge of an open pull request is in the stand-in. */
const merge = `${"0".repeat(36)}cafe`;

let workspace: string;
/** Checks a commit out, as far as the action looks. */
const checkOut = (commit: string): void => {
  writeFileSync(path.join(workspace, ".git/HEAD"), `${commit}\n`);
};
beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-pull-"));
  mkdirSync(path.join(workspace, ".git"));
});
afterEach(() => rmSync(workspace, { recursive: true, force: true }));

let github: Github;
beforeAll(async () => {
  github = await startRepository({
    pulls: [
      { number: 7, headSha: head, mergeCommit: sha },
      { number: 8, headSha: head },
    ],
  });
});
afterAll(() => github.stop());

const job = (event: string, more: Partial<EventFacts> = {}): EventFacts => ({
  event,
  action: "",
  sha,
  branch: "main",
  pullRequest: undefined,
  comment: undefined,
  workspace,
  ...more,
});

const numberOf = (of: EventFacts, command: string) =>
  findPullNumber(accessTo(github), of, command);

const pullRequest = { number: 8, headSha: head, untrusted: false };
const comment = { author: "ann" };

const commented = (pullNumber: number | undefined) =>
  job("issue_comment", { comment: { ...comment, pullNumber } });

test.each<[string, EventFacts, string, number | undefined]>([
  ["its own pull request", job("pull_request", { pullRequest }), "preview", 8],
  ...["drift", "refresh", "output"].map(
    (command): [string, EventFacts, string, undefined] => [
      `none for ${command}, which is no preview`,
      job("pull_request", { pullRequest }),
      command,
      undefined,
    ],
  ),
  [
    "its own, also for a destroy",
    job("pull_request", { pullRequest }),
    "destroy",
    8,
  ],
  ["none for a comment on an issue", commented(undefined), "up", undefined],
  [
    "the one that was commented on, for a destroy of whatever files",
    commented(8),
    "destroy",
    8,
  ],
  [
    "none for a preview once it is closed",
    job("pull_request", { pullRequest, action: "closed" }),
    "preview",
    undefined,
  ],
  [
    "its own, for the destroy when it is closed",
    job("pull_request", { pullRequest, action: "closed" }),
    "destroy",
    8,
  ],
  ["the merged one, after a push", job("push"), "up", 7],
  ["the merged one, by hand", job("workflow_dispatch"), "up", 7],
  [
    "none for another look at the pushed commit",
    job("push"),
    "preview",
    undefined,
  ],
  ["none for drift on a schedule", job("schedule"), "drift", undefined],
  ["none for an up on a schedule", job("schedule"), "up", undefined],
  ["none for a merge group", job("merge_group"), "preview", undefined],
  ["none for a tag", job("push", { branch: undefined }), "up", undefined],
])("reports to %s", async (_, of, command, value) => {
  expect(await numberOf(of, command)).toEqual({ ok: true, value });
});

describe("a comment on a pull request", () => {
  const ask = (command: string, number = 8, token = tokens.writer) =>
    findPullNumber(
      accessTo(github, token),
      {
        ...job("issue_comment", {
          comment: { ...comment, pullNumber: number },
        }),
        workspace,
      },
      command,
    );

  test.each([
    ["its head", head, 8],
    ["its merge", merge, 8],
    ["its head, after it was merged", head, 7],
  ])("is answered there with %s checked out", async (_, commit, number) => {
    checkOut(commit);
    for (const command of ["preview", "up"])
      expect(await ask(command, number)).toEqual({ ok: true, value: number });
  });

  test.each([
    ["the default branch", sha, 8, "the commit aaaaaaa"],
    ["nothing", "", 8, "no commit"],
    // By then that is what is deployed, and "No changes".
    ["what a merge made", sha, 7, "the commit aaaaaaa"],
  ])("is not, with %s checked out", async (_, commit, number, words) => {
    checkOut(commit);
    expect(await ask("preview", number)).toEqual({
      ok: false,
      reason: `the workspace holds ${words}, which is not what the pull request is about; check out \`refs/pull/${number}/merge\` before this step`,
    });
  });

  test("is not, when GitHub does not say what the pull request is about", async () => {
    checkOut(head);
    expect(await ask("preview", 8, tokens.other)).toMatchObject({
      ok: false,
      reason: expect.stringContaining("pull-requests: read"),
    });
  });
});

test("GitHub is asked for a merge only where there may have been one", async () => {
  const before = github.calls().length;
  expect(await numberOf(job("push", { sha: "c".repeat(40) }), "up")).toEqual({
    ok: true,
    value: undefined,
  });
  expect(github.calls()).toHaveLength(before + 1);
  await numberOf(job("schedule"), "up");
  expect(github.calls()).toHaveLength(before + 1);
});

test("a refusal is passed on", async () => {
  const access = accessTo(github, tokens.other);
  expect(await findPullNumber(access, job("push"), "up")).toEqual({
    ok: false,
    reason: expect.stringContaining("pull-requests: read"),
  });
});

const pushed = { sha, branch: "main" };

const pull = (more: Partial<AssociatedPull> = {}): AssociatedPull => ({
  number: 7,
  merged_at: "2026-08-01T10:00:00Z",
  merge_commit_sha: sha,
  base: { ref: "main" },
  ...more,
});

test.each<[string, Partial<AssociatedPull>, boolean]>([
  ["merged by this commit into this branch", {}, true],
  ["that only holds the commit", { merged_at: null }, false],
  ["merged by another commit", { merge_commit_sha: head }, false],
  ["merged without a commit", { merge_commit_sha: null }, false],
  ["merged into another branch", { base: { ref: "release" } }, false],
])("a pull request %s", (_, more, fits) => {
  expect(isMergeOf(pushed)(pull(more))).toBe(fits);
});

test("a tag is no merge", () => {
  expect(isMergeOf({ sha, branch: undefined })(pull())).toBe(false);
});

test("behind a full page of others", async () => {
  const other = await startRepository({
    pulls: Array.from({ length: 130 }, (_, index) => ({
      number: index + 1,
      headSha: index === 120 ? head : "d".repeat(40),
      mergeCommit: index === 120 ? sha : "d".repeat(40),
    })),
  });
  const found = await findPullNumber(accessTo(other), job("push"), "up");
  await other.stop();
  expect(found).toEqual({ ok: true, value: 121 });
});
