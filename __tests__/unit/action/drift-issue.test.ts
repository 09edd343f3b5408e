import type { Github } from "../../../local/github/github.ts";
import { keepDriftIssue } from "../../../src/action/github/posts.ts";
import {
  accessTo,
  octokitFor,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const marker =
  "<!-- ai-gate-drift gate=ai-gate.acme.app/prod region=eu-west-1 -->";

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

const keep = (
  drifted: boolean,
  { text = "one update", token = tokens.writer } = {},
) =>
  keepDriftIssue(accessTo(github, token), {
    marker,
    title: "AI gate prod: drift",
    body: `${marker}\n${text}`,
    drifted,
  });

const issue = (body: string, token = tokens.writer) =>
  octokitFor(github, token).rest.issues.create({
    owner: "acme",
    repo: "app",
    title: "x",
    body,
  });

const done = { ok: true, value: undefined };
const writes = () =>
  github
    .calls()
    .map(({ method }) => method)
    .filter((method) => method !== "GET");
const issues = () =>
  github
    .issues()
    .map(({ body, state }) => [body.replace(`${marker}\n`, ""), state]);

test("no drift and no issue: nothing is written", async () => {
  expect(await keep(false)).toEqual(done);
  expect(writes()).toEqual([]);
});

test("drift opens an issue, more drift updates it, the same drift leaves it, none closes it", async () => {
  expect(await keep(true)).toEqual(done);
  await keep(true);
  expect(writes()).toEqual(["POST"]);
  await keep(true, { text: "two" });
  expect(github.issues()).toMatchObject([
    { title: "AI gate prod: drift", body: `${marker}\ntwo`, state: "open" },
  ]);
  await keep(false, { text: "none" });
  expect(issues()).toEqual([["none", "closed"]]);
  await keep(false);
  expect(writes()).toEqual(["POST", "PATCH", "PATCH"]);
});

test("drift after a closed issue is a new issue", async () => {
  await keep(true);
  await keep(false);
  await keep(true);
  expect(issues().map(([, state]) => state)).toEqual(["closed", "open"]);
});

test("ours is found behind 130 others", async () => {
  await keep(true);
  for (let index = 0; index < 130; index++) await issue(`issue ${index}`);
  await keep(true, { text: "two" });
  expect(issues().filter(([body]) => body === "two")).toHaveLength(1);
  expect(issues()).toHaveLength(131);
});

test.each<[string, string, string]>([
  ["of another account with our marker", `${marker}\nplanted`, tokens.person],
  ["that quotes the marker", `> ${marker}`, tokens.writer],
  ["of another stack", `${marker.replace("prod", "prod2")}\n`, tokens.writer],
])("an issue %s is left alone", async (_, body, token) => {
  await issue(body, token);
  await keep(true);
  expect(github.issues()).toHaveLength(2);
  expect(github.issues()[0]).toMatchObject({ body, state: "open" });
});

test("an issue that arrived in spite of its 502 is not opened twice", async () => {
  github.failNext({ status: 502, method: "POST", done: true });
  expect(await keep(true)).toEqual(done);
  expect(github.issues()).toHaveLength(1);
});

test("for a token that may not write issues the missing permission is named", async () => {
  expect(await keep(true, { token: tokens.reader })).toEqual({
    ok: false,
    reason: expect.stringContaining("issues: write"),
  });
});

test("issues that are switched off are reported once", async () => {
  await github.stop();
  github = await startRepository({ issuesEnabled: false });
  expect(await keep(true)).toEqual({
    ok: false,
    reason:
      "the repository's issue list is switched off in this repository (410)",
  });
});
