import type { Github } from "../../local/github.ts";
import {
  type AssociatedPull,
  findMergedPull,
  isMergeOf,
} from "../../src/action/github/merged.ts";
import { accessTo, startRepository, tokens } from "./github-access.ts";

const sha = "a".repeat(40);
const head = "b".repeat(40);
const pushed = { sha, branch: "main" };

const pull = (more: Partial<AssociatedPull> = {}): AssociatedPull => ({
  number: 7,
  merged_at: "2026-08-01T10:00:00Z",
  merge_commit_sha: sha,
  head: { sha: head },
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

describe("asked of GitHub", () => {
  let github: Github;
  beforeAll(async () => {
    github = await startRepository({
      pulls: [
        {
          number: 7,
          headSha: head,
          mergeCommit: sha,
          mergedAt: "2026-08-01T10:00:00Z",
        },
        { number: 8 },
      ],
    });
  });
  afterAll(() => github.stop());

  test("the merged pull request, with the commit that was reviewed", async () => {
    expect(await findMergedPull(accessTo(github), pushed)).toEqual({
      ok: true,
      value: { number: 7, headSha: head, mergedAt: 1_785_578_400 },
    });
  });

  test("a commit that nobody merged", async () => {
    const lone = { ...pushed, sha: "c".repeat(40) };
    expect(await findMergedPull(accessTo(github), lone)).toEqual({
      ok: true,
      value: undefined,
    });
  });

  test("a token that may not look", async () => {
    const access = accessTo(github, tokens.other);
    expect(await findMergedPull(access, pushed)).toEqual({
      ok: false,
      reason: expect.stringContaining("pull-requests: read"),
    });
  });
});

test("behind a full page of others", async () => {
  const github = await startRepository({
    pulls: Array.from({ length: 130 }, (_, index) => ({
      number: index + 1,
      headSha: index === 120 ? head : "d".repeat(40),
      mergeCommit: index === 120 ? sha : "d".repeat(40),
    })),
  });
  const found = await findMergedPull(accessTo(github), pushed);
  await github.stop();
  expect(found).toMatchObject({ value: { number: 121 } });
});
