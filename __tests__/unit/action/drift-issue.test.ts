import type { Github } from "../../../local/github/github.ts";
import {
  issuesOf,
  keepDriftIssue,
} from "../../../src/action/github/drift-issue.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const marker = "<!-- ai-gate-drift gate=ai-gate.acme.app/prod -->";

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

function keep(drifted: boolean, more: { token?: string; text?: string } = {}) {
  const access = accessTo(github, more.token);
  return keepDriftIssue(issuesOf(access), {
    marker,
    title: "AI gate prod: drift",
    body: `${marker}\n${more.text ?? "one update"}`,
    drifted,
    retry: access.retry,
  });
}

const issue = (body: string, token = tokens.writer) =>
  accessTo(github, token).octokit.rest.issues.create({
    owner: "acme",
    repo: "app",
    title: "x",
    body,
  });

const done = (action: string, number?: number) => ({
  ok: true,
  value: { action, ...(number !== undefined && { number }) },
});

test("no drift and no issue: nothing is written", async () => {
  expect(await keep(false)).toEqual(done("none"));
  expect(github.calls().map(({ method }) => method)).toEqual(["GET"]);
});

test("drift opens an issue, more drift updates it, the same drift leaves it, none closes it", async () => {
  expect(await keep(true)).toEqual(done("opened", 8));
  expect(await keep(true)).toEqual(done("unchanged", 8));
  expect(await keep(true, { text: "two" })).toEqual(done("updated", 8));
  expect(github.issues()).toMatchObject([
    { title: "AI gate prod: drift", body: `${marker}\ntwo`, state: "open" },
  ]);
  expect(await keep(false, { text: "none" })).toEqual(done("closed", 8));
  expect(github.issues()).toMatchObject([
    { body: `${marker}\nnone`, state: "closed" },
  ]);
  expect(await keep(false)).toEqual(done("none"));
});

test("drift after a closed issue is a new issue", async () => {
  await keep(true);
  await keep(false);
  expect(await keep(true)).toEqual(done("opened", 9));
  expect(github.issues().map(({ state }) => state)).toEqual(["closed", "open"]);
});

test("ours is found behind 130 others", async () => {
  await keep(true);
  for (let index = 0; index < 130; index++) await issue(`issue ${index}`);
  expect(await keep(true, { text: "two" })).toEqual(done("updated", 8));
});

test.each<[string, string, string]>([
  ["of somebody else with our marker", `${marker}\nplanted`, tokens.person],
  ["that quotes the marker", `> ${marker}`, tokens.writer],
  ["of another stack", `${marker.replace("prod", "prod2")}\n`, tokens.writer],
])("an issue %s is left alone", async (_, body, token) => {
  await issue(body, token);
  expect(await keep(true)).toEqual(done("opened", 9));
  expect(github.issues()[0]).toMatchObject({ body, state: "open" });
});

test("an issue that arrived in spite of its 502 is not opened twice", async () => {
  github.failNext({ status: 502, method: "POST", done: true });
  expect(await keep(true)).toEqual(done("unchanged", 8));
  expect(github.issues()).toHaveLength(1);
});

test("a token that may not write issues is told what it lacks", async () => {
  expect(await keep(true, { token: tokens.reader })).toEqual({
    ok: false,
    reason: expect.stringContaining("issues: write"),
  });
});

test("issues that are switched off are told, once", async () => {
  await github.stop();
  github = await startRepository({ issuesEnabled: false });
  expect(await keep(true)).toEqual({
    ok: false,
    reason:
      "the repository's issue list is switched off in this repository (410)",
  });
});
