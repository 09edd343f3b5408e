import type { Github } from "../../../local/github/github.ts";
import { githubFaults } from "../../../local/github/github-faults.ts";
import {
  accessGithub,
  ask,
  findOnPages,
  ownership,
} from "../../../src/action/github/client.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const wish = {
  to: "write things",
  permission: "things: write",
  target: "the thing",
  refused: "the thing (422)",
};

let github: Github;
beforeAll(async () => {
  github = await startRepository();
});
afterAll(() => github.stop());

async function read() {
  const access = accessTo(github);
  const { octokit, repository, retry, slept } = access;
  const asked = await ask(
    async () => (await octokit.rest.repos.get(repository)).status,
    wish,
    retry,
  );
  return { asked, slept };
}

test.each<[string, Parameters<Github["failNext"]>[0], number[]]>([
  ["a secondary limit", githubFaults.secondaryLimit(), [60]],
  ["429 without Retry-After", githubFaults.tooManyRequests(), [60]],
  ["one with Retry-After", githubFaults.secondaryLimit(7), [7]],
  ["429 with Retry-After", githubFaults.tooManyRequests(3), [3]],
  ["503", githubFaults.unavailable(), [1]],
  ["a cut connection", githubFaults.cut, [1]],
])("%s is waited for", async (_, fault, waits) => {
  github.failNext(fault);
  expect(await read()).toEqual({
    asked: { ok: true, value: 200 },
    slept: waits,
  });
});

test.each([403, 429] as const)(
  "a used-up limit (%i) that ends soon is waited for",
  async (status) => {
    github.failNext(githubFaults.usedUp(20, status));
    const { asked, slept } = await read();
    expect(asked.ok).toBe(true);
    expect(slept).toHaveLength(1);
    expect(slept[0]).toBeGreaterThan(15);
    expect(slept[0]).toBeLessThanOrEqual(20);
  },
);

test.each<[string, Parameters<Github["failNext"]>[0], string]>([
  [
    "an hour without calls",
    githubFaults.usedUp(3000),
    "GitHub's rate limit is used up (403)",
  ],
  [
    "an hour without calls, as 429,",
    githubFaults.usedUp(3000, 429),
    "GitHub's rate limit is used up (429)",
  ],
  [
    "a locked conversation",
    {
      status: 403,
      message: "Unable to create comment because issue is locked.",
    },
    "its conversation is locked (403)",
  ],
  [
    "an hour's Retry-After",
    githubFaults.tooManyRequests(3600),
    "GitHub's rate limit is used up (429)",
  ],
  ["401", { status: 401 }, "GitHub does not accept the `github-token` (401)"],
  [
    "403",
    { status: 403 },
    "the `github-token` may not write things (403); give the job `things: write`. A pull request from a fork never has it",
  ],
  [
    "404",
    { status: 404 },
    "the thing is not there, or the `github-token` may not see it (404)",
  ],
  [
    "410",
    { status: 410 },
    "the thing is switched off in this repository (410)",
  ],
  ["422", { status: 422 }, "GitHub refuses the thing (422)"],
  ["418", { status: 418 }, "GitHub answered 418"],
])("%s is told at once", async (_, fault, reason) => {
  github.failNext(fault);
  expect(await read()).toEqual({ asked: { ok: false, reason }, slept: [] });
});

test("a secondary limit that stays is given up after the first minute", async () => {
  github.failNext({ ...githubFaults.secondaryLimit(), times: 2 });
  expect(await read()).toEqual({
    asked: { ok: false, reason: "GitHub's rate limit is used up (403)" },
    slept: [60],
  });
});

test("what never gets better is given up after four attempts", async () => {
  github.failNext({ status: 503, times: 4 });
  expect(await read()).toEqual({
    asked: { ok: false, reason: "GitHub answered 503" },
    slept: [1, 2, 4],
  });
});

test.each([
  ["", "acme/app"],
  ["ghs_token", ""],
  ["ghs_token", "app"],
])(
  "nobody to talk to with the token %p in the repository %p",
  (token, repository) => {
    const retry = { sleep: () => Promise.resolve() };
    expect(accessGithub({ token, repository }, retry)).toBeUndefined();
  },
);

test("access to a repository", () => {
  const retry = { sleep: () => Promise.resolve() };
  const access = accessGithub(
    { token: "ghs_token", repository: "acme/app" },
    retry,
  );
  expect(access?.repository).toEqual({ owner: "acme", repo: "app" });
});

test.each<[string, string, { login: string; type: string } | null, boolean]>([
  [
    "a bot's for an app's token",
    tokens.writer,
    { login: "x[bot]", type: "Bot" },
    true,
  ],
  [
    "a person's for an app's token",
    tokens.writer,
    { login: "ann", type: "User" },
    false,
  ],
  ["a deleted account's", tokens.writer, null, false],
  ["one's own", tokens.person, { login: "ann", type: "User" }, true],
  ["another person's", tokens.person, { login: "bob", type: "User" }, false],
])("%s", async (_, token, author, own) => {
  const isOwn = await ownership(accessTo(github, token));
  expect(isOwn(author)).toBe(own);
});

test("pages are read until one fits, and no further", async () => {
  const pages: number[] = [];
  const found = await findOnPages(
    (page) => {
      pages.push(page);
      return Promise.resolve({
        items: [page * 10, page * 10 + 1],
        more: page < 5,
      });
    },
    (item) => item === 31,
  );
  expect({ found, pages }).toEqual({ found: 31, pages: [1, 2, 3] });
});

test("pages that never end are given up", async () => {
  let pages = 0;
  const read = () => {
    pages++;
    return Promise.resolve({ items: [] as number[], more: true });
  };
  const found = await findOnPages(read, () => true);
  expect({ found, pages }).toEqual({ found: undefined, pages: 100 });
});
