import type { Github } from "../../../local/github/github.ts";
import { upsertComment } from "../../../src/action/github/posts.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const marker = "<!-- ai-gate-action gate=ai-gate/prod region=eu-west-1 -->";
const bot = { login: "github-actions[bot]", type: "Bot" as const };
const ours = `${marker}\nold`;

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

const post = (text = "new", token = tokens.writer) =>
  upsertComment(accessTo(github, token), 7, {
    marker,
    body: `${marker}\n${text}`,
  });
const put = (
  body: string,
  author: typeof bot | { login: string; type: "User" } = bot,
) => github.addComment(7, { ...author, body });
const texts = () =>
  github.comments(7).map(({ body }) => body.replace(`${marker}\n`, ""));
const calls = () => github.calls().map(({ method }) => method);

test("the first comment is created, the next run updates it, the same text writes nothing", async () => {
  const first = await post();
  expect(first).toEqual({ ok: true, value: github.comments(7)[0]?.id });
  expect(await post("newer")).toEqual(first);
  expect(await post("newer")).toEqual(first);
  expect(texts()).toEqual(["newer"]);
  const writes = github.calls().filter(({ method }) => method !== "GET");
  expect(writes.map(({ method, body }) => [method, body])).toEqual([
    ["POST", { body: `${marker}\nnew` }],
    ["PATCH", { body: `${marker}\nnewer` }],
  ]);
});

test("ours is found behind 250 others, and none is created before all pages are read", async () => {
  for (let index = 0; index < 250; index++) put(`hello ${index}`);
  await post();
  expect(calls()).toEqual(["GET", "GET", "GET", "POST"]);
  await post("newer");
  expect(texts().slice(-1)).toEqual(["newer"]);
  expect(texts()).toHaveLength(251);
});

test("of several, the first is updated and the rest stay", async () => {
  put(ours);
  put(ours);
  await post();
  expect(texts()).toEqual(["new", "old"]);
});

test.each([
  ["quoted", `> ${marker}\nold`],
  ["in the middle", `see ${marker}`],
  ["of another stack", marker.replace("prod", "prod2")],
  ["of a stack whose name starts the same", marker.replace("prod", "pro")],
])("a marker %s is not ours", async (_, body) => {
  put(body);
  await post();
  expect(github.comments(7).map((one) => one.body)).toEqual([
    body,
    `${marker}\nnew`,
  ]);
});

test("a comment of another account that starts with our marker is left alone", async () => {
  put(`${marker}\nplanted`, { login: "mallory", type: "User" });
  await post();
  expect(texts()).toEqual(["planted", "new"]);
});

test("a user's own token finds the user's comment, and not another bot's", async () => {
  put(ours);
  await post("new", tokens.person);
  await post("newer", tokens.person);
  expect(texts()).toEqual(["old", "newer"]);
});

test("an update that is answered 502 is sent again", async () => {
  put(ours);
  github.failNext({ status: 502, method: "PATCH" });
  expect(await post()).toMatchObject({ ok: true });
  expect(texts()).toEqual(["new"]);
});

test.each([
  ["that arrived in spite of its 502", { status: 502, done: true }],
  ["that was lost with its 502", { status: 502 }],
  ["whose connection broke", { status: 0 }],
])("a comment %s is there once", async (_, fault) => {
  github.failNext({ ...fault, method: "POST" });
  expect(await post()).toMatchObject({ ok: true });
  expect(texts()).toEqual(["new"]);
});

test("a comment that is answered 502 twice is given up", async () => {
  github.failNext({ status: 502, method: "POST", times: 2 });
  expect(await post()).toEqual({ ok: false, reason: "GitHub answered 502" });
});

test("for a token that may not write comments the missing permission is named", async () => {
  const refused = await post("new", tokens.reader);
  expect("reason" in refused && refused.reason).toMatchSnapshot();
});
