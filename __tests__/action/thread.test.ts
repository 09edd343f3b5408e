import type { Github } from "../../local/github.ts";
import { openThread, type ThreadJob } from "../../src/action/thread.ts";
import { accessTo, startRepository, tokens } from "./github-access.ts";

const sha = "a".repeat(40);
const head = "b".repeat(40);

let github: Github;
beforeAll(async () => {
  github = await startRepository({
    pulls: [{ number: 7, headSha: head, mergeCommit: sha }, { number: 8 }],
  });
});
afterAll(() => github.stop());

const job = (event: string, more: Partial<ThreadJob> = {}): ThreadJob => ({
  event,
  action: "",
  sha,
  branch: "main",
  pullRequest: undefined,
  comment: undefined,
  ...more,
});

const numberOf = (of: ThreadJob, command: string) =>
  openThread(accessTo(github), of).number(command);

const pullRequest = { number: 8, headSha: head, untrusted: false };
const comment = { association: "OWNER" };

test.each<[string, ThreadJob, string, number | undefined]>([
  ["its own pull request", job("pull_request", { pullRequest }), "preview", 8],
  [
    "its own, also for a destroy",
    job("pull_request", { pullRequest }),
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
  [
    "the one that was commented on",
    job("issue_comment", { comment: { ...comment, pullNumber: 8 } }),
    "preview",
    8,
  ],
  [
    "none for a comment on an issue",
    job("issue_comment", { comment: { ...comment, pullNumber: undefined } }),
    "up",
    undefined,
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

test("GitHub is asked once, and only where a merge may have been", async () => {
  const before = github.calls().length;
  const thread = openThread(accessTo(github), job("push"));
  await thread.number("up");
  expect(await thread.merged()).toMatchObject({
    ok: true,
    value: { number: 7, headSha: head },
  });
  expect(github.calls()).toHaveLength(before + 1);
  await openThread(accessTo(github), job("schedule")).merged();
  expect(github.calls()).toHaveLength(before + 1);
});

test("a refusal is passed on", async () => {
  const thread = openThread(accessTo(github, tokens.other), job("push"));
  expect(await thread.number("up")).toMatchObject({ ok: false });
});
