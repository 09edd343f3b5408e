import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getOctokit } from "@actions/github";
import {
  type Comment,
  type CommentsApi,
  commentsOf,
  upsertComment,
} from "../../../src/action/github/comment.ts";

const marker = "<!-- ai-gate-action gate=ai-gate/prod -->";
const other = (id: number): Comment => ({
  id,
  body: `hello ${marker}`,
  own: true,
});
const ours = (id: number, text = "old"): Comment => ({
  id,
  body: `${marker}\n${text}`,
  own: true,
});

const failure = (
  status: number | undefined,
  headers: Record<string, string> = {},
  message = "refused",
) =>
  Object.assign(new Error(message), {
    ...(status !== undefined && { status, response: { headers } }),
  });

type Call = "list" | "create" | "createdThen" | "update";

/** A pull request in memory; `faults` are thrown by the calls of that name, one each, in order. */
function pullRequest(
  comments: Comment[],
  faults: Partial<Record<Call, Error[]>> = {},
) {
  const calls: string[] = [];
  const slept: number[] = [];
  const step = (call: Call, detail: number | string) => {
    calls.push(`${call} ${detail}`);
    const fault = faults[call]?.shift();
    return fault ? Promise.reject(fault) : Promise.resolve();
  };
  const api: CommentsApi = {
    list: async (page) => {
      await step("list", page);
      return {
        items: comments.slice((page - 1) * 100, page * 100),
        more: comments.length > page * 100,
      };
    },
    create: async (body) => {
      await step("create", body.slice(marker.length + 1));
      const comment = { id: 1000 + comments.length, body, own: true };
      comments.push(comment);
      const lost = faults.createdThen?.shift();
      if (lost) throw lost;
      return comment;
    },
    update: async (id, body) => {
      await step("update", id);
      const index = comments.findIndex((one) => one.id === id);
      return (comments[index] = { id, body, own: true });
    },
  };
  const post = (text = "new") =>
    upsertComment(api, {
      marker,
      body: `${marker}\n${text}`,
      retry: {
        sleep: (milliseconds) => {
          slept.push(milliseconds / 1000);
          return Promise.resolve();
        },
      },
    });
  return { api, post, calls, slept, comments };
}

test("the first comment is created, the next run updates it, the same text writes nothing", async () => {
  const { post, calls, comments } = pullRequest([other(1)]);
  expect(await post()).toEqual({ posted: true, id: 1001, action: "created" });
  expect(await post("newer")).toEqual({
    posted: true,
    id: 1001,
    action: "updated",
  });
  expect(await post("newer")).toEqual({
    posted: true,
    id: 1001,
    action: "unchanged",
  });
  expect(calls).toEqual([
    "list 1",
    "create new",
    "list 1",
    "update 1001",
    "list 1",
  ]);
  expect(comments).toHaveLength(2);
});

test("ours is found behind 250 others", async () => {
  const others = Array.from({ length: 250 }, (_, index) => other(index));
  const { post, calls } = pullRequest([...others, ours(900)]);
  expect(await post()).toEqual({ posted: true, id: 900, action: "updated" });
  expect(calls).toEqual(["list 1", "list 2", "list 3", "update 900"]);
});

test("120 others and none of ours: all pages are read before one is created", async () => {
  const others = Array.from({ length: 120 }, (_, index) => other(index));
  const { post, calls } = pullRequest(others);
  await post();
  expect(calls).toEqual(["list 1", "list 2", "create new"]);
});

test("of several, the first is updated and the rest stay", async () => {
  const { post, comments } = pullRequest([ours(5), other(6), ours(7)]);
  expect(await post()).toMatchObject({ id: 5, action: "updated" });
  expect(comments[2]).toEqual(ours(7));
});

test.each([
  ["quoted", `> ${marker}\nold`],
  ["in the middle", `see ${marker}`],
  ["of another stack", marker.replace("prod", "prod2")],
  ["of a stack whose name starts the same", marker.replace("prod", "pro")],
])("a marker %s is not ours", async (_, body) => {
  const { post } = pullRequest([{ id: 1, body, own: true }]);
  expect(await post()).toMatchObject({ action: "created" });
});

test.each<[string, Error, number[]]>([
  ["429 with Retry-After", failure(429, { "retry-after": "7" }), [7]],
  ["429 without", failure(429), [60]],
  [
    "a secondary rate limit",
    failure(403, {}, "You have exceeded a secondary rate limit"),
    [60],
  ],
  ["403 with Retry-After", failure(403, { "retry-after": "3" }), [3]],
  ["502", failure(502), [1]],
  ["a broken connection", failure(undefined, {}, "socket hang up"), [1]],
])("after %s it is tried again", async (_, fault, waits) => {
  const { post, slept } = pullRequest([ours(5)], { update: [fault] });
  expect(await post()).toEqual({ posted: true, id: 5, action: "updated" });
  expect(slept).toEqual(waits);
});

test("a create that arrived in spite of its 502 is not made twice", async () => {
  const { post, calls, comments } = pullRequest([], {
    createdThen: [failure(502)],
  });
  expect(await post()).toEqual({
    posted: true,
    id: 1000,
    action: "unchanged",
  });
  expect(calls).toEqual(["list 1", "create new", "list 1"]);
  expect(comments).toHaveLength(1);
});

test.each<[string, Error, string]>([
  ["401", failure(401), "does not accept"],
  ["403", failure(403), "pull-requests: write"],
  ["404", failure(404), "not there"],
  ["422", failure(422), "locked"],
  [
    "an hour's Retry-After",
    failure(429, { "retry-after": "3600" }),
    "rate limit",
  ],
  [
    "the primary rate limit",
    failure(403, {}, "API rate limit exceeded"),
    "rate limit",
  ],
])("%s is told once and not tried again", async (_, fault, words) => {
  const { post, slept, calls } = pullRequest([], { list: [fault] });
  const result = await post();
  expect(result.posted).toBe(false);
  expect("reason" in result && result.reason).toContain(words);
  expect(slept).toEqual([]);
  expect(calls).toEqual(["list 1"]);
});

test.each<[string, Error, string, number[]]>([
  ["503", failure(503), "GitHub answered 503", [1, 2, 4]],
  ["no connection", failure(undefined), "GitHub cannot be reached", [1, 2, 4]],
  ["429", failure(429), "rate limit", [60]],
])("%s for ever is given up", async (_, fault, words, waits) => {
  const { post, slept } = pullRequest([], {
    list: Array(9).fill(fault) as Error[],
  });
  const result = await post();
  expect("reason" in result && result.reason).toContain(words);
  expect(slept).toEqual(waits);
});

test("an unreadable Retry-After falls back to the usual wait", async () => {
  const { post, slept } = pullRequest([ours(1)], {
    update: [failure(503, { "retry-after": "soon" })],
  });
  expect(await post()).toMatchObject({ posted: true });
  expect(slept).toEqual([1]);
});

test("a comment of somebody else that starts with our marker is left alone", async () => {
  const planted = { ...ours(5), own: false };
  const { post, comments } = pullRequest([planted]);
  expect(await post()).toMatchObject({ posted: true, action: "created" });
  expect(comments[0]).toBe(planted);
});

test("through Octokit: the requests GitHub gets, and pages by its Link header", async () => {
  const requests: { method: string; url: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (data: Buffer) => (body += data.toString()));
    request.on("end", () => {
      requests.push({ method: request.method!, url: request.url!, body });
      response.setHeader("content-type", "application/json");
      if (request.method === "GET" && request.url!.endsWith("page=1")) {
        response.setHeader("link", '<http://x/?page=2>; rel="next"');
        response.end(JSON.stringify([{ id: 1 }]));
      } else if (request.method === "GET") {
        response.end(
          JSON.stringify([
            {
              id: 9,
              body: `${marker}\nplanted`,
              user: { login: "mallory", type: "User" },
            },
            { ...ours(2), user: { login: "github-actions[bot]", type: "Bot" } },
          ]),
        );
      } else {
        response.end(JSON.stringify({ id: 2, body: "x" }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const octokit = getOctokit("token", { baseUrl: `http://127.0.0.1:${port}` });
  const retry = { sleep: () => Promise.resolve() };
  const repository = { owner: "o", repo: "r" };
  const api = commentsOf({ octokit, token: "ghs_token", repository, retry }, 7);
  const body = `${marker}\nnew`;
  const result = await upsertComment(api, {
    marker,
    body,
    retry,
  });
  await api.create(body);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(result).toEqual({ posted: true, id: 2, action: "updated" });
  expect(requests).toEqual([
    {
      method: "GET",
      url: "/repos/o/r/issues/7/comments?per_page=100&page=1",
      body: "",
    },
    {
      method: "GET",
      url: "/repos/o/r/issues/7/comments?per_page=100&page=2",
      body: "",
    },
    {
      method: "PATCH",
      url: "/repos/o/r/issues/comments/2",
      body: JSON.stringify({ body }),
    },
    {
      method: "POST",
      url: "/repos/o/r/issues/7/comments",
      body: JSON.stringify({ body }),
    },
  ]);
});
