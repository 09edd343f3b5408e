import type { Github } from "../../../local/github/github.ts";
import { githubFaults } from "../../../local/github/github-faults.ts";
import { connectGithub } from "../../../src/action/github/client.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const request = {
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

/** @returns GitHub's answer, and how often it was asked. */
async function read(access = accessTo(github, tokens.writer, throttled)) {
  const before = github.calls().length;
  const answer = await access.ask(request, async ({ rest }) => {
    return (await rest.repos.get(access.repository)).status;
  });
  return { answer, calls: github.calls().length - before };
}
const throttled = { throttle: true };
const found = { ok: true, value: 200 };

type Fault = Parameters<Github["failNext"]>[0];

test.each<[string, Fault]>([
  ["a secondary limit", githubFaults.secondaryLimit()],
  ["one with Retry-After", githubFaults.secondaryLimit(7)],
  ["429", githubFaults.tooManyRequests(3)],
  ["a used-up limit that ends soon", githubFaults.usedUp(20)],
  ["the same as 429", githubFaults.usedUp(20, 429)],
  ["503", githubFaults.unavailable()],
  ["a cut connection", githubFaults.cut],
])("after %s it is asked again", async (_, fault) => {
  github.failNext(fault);
  expect(await read()).toEqual({ answer: found, calls: 2 });
});

test.each<[string, Fault]>([
  ["an hour without calls", githubFaults.usedUp(3000)],
  ["an hour without calls, as 429,", githubFaults.usedUp(3000, 429)],
  ["an hour's Retry-After", githubFaults.tooManyRequests(3600)],
  [
    "a locked conversation",
    {
      status: 403,
      message: "Unable to create comment because issue is locked.",
    },
  ],
  ["401", { status: 401 }],
  ["403", { status: 403 }],
  ["404", { status: 404 }],
  ["410", { status: 410 }],
  ["422", { status: 422 }],
])("%s is reported at once", async (_, fault) => {
  github.failNext(fault);
  const { answer, calls } = await read();
  expect({ ok: answer.ok, calls }).toEqual({ ok: false, calls: 1 });
  expect("reason" in answer && answer.reason).toMatchSnapshot();
});

test("a secondary limit that stays is given up after two minutes, for the whole run", async () => {
  const access = accessTo(github, tokens.writer, throttled);
  github.failNext({ ...githubFaults.secondaryLimit(60), times: 4 });
  const answer = {
    ok: false,
    reason: "GitHub's rate limit is used up (403)",
  };
  expect(await read(access)).toEqual({ answer, calls: 3 });
  expect(await read(access)).toEqual({ answer, calls: 1 });
});

test("what never gets better is given up after four attempts", async () => {
  github.failNext({ status: 503, times: 4 });
  expect(await read()).toEqual({
    answer: { ok: false, reason: "GitHub answered 503" },
    calls: 4,
  });
});

test.each<[string, Fault]>([
  ["a rate limit", githubFaults.secondaryLimit(1)],
  ["503", githubFaults.unavailable()],
])("a run that is cancelled does not wait for %s", async (_, fault) => {
  const signal = AbortSignal.abort();
  github.failNext(fault);
  const access = accessTo(github, tokens.writer, { ...throttled, signal });
  expect(await read(access)).toMatchObject({ answer: { ok: false }, calls: 1 });
});

test.each([
  ["", "acme/app"],
  ["ghs_token", ""],
  ["ghs_token", "app"],
])("no access with the token %p in the repository %p", (token, repository) => {
  const { signal } = new AbortController();
  expect(connectGithub({ token, repository, signal })).toBeUndefined();
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
  const { ask, isOwn } = accessTo(github, token);
  expect(await ask(request, (octokit) => isOwn(octokit, author))).toEqual({
    ok: true,
    value: own,
  });
});
