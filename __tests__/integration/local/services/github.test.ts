import { githubFaults } from "../../../../local/github/github-faults.ts";
import { startGithub, type Github } from "../../../../local/github/github.ts";

const bot = {
  login: "github-actions[bot]",
  type: "Bot",
  permission: "write",
} as const;

let github: Github;

const sha = (digit: string): string => digit.repeat(40);

beforeEach(async () => {
  github = await startGithub({
    repository: "acme/app",
    pulls: [
      { number: 7, headSha: sha("7"), headRef: "gate" },
      { number: 8, locked: true },
    ],
    tokens: {
      writer: bot,
      reader: { ...bot, permission: "read" },
      commenter: { ...bot, permission: { "pull-requests": "write" } },
      ann: { login: "ann", type: "User", permission: "write" },
      outsider: { login: "outsider", type: "User", permission: {} },
    },
  });
});
afterEach(() => github.stop());

interface Answer {
  status: number;
  link: string | null;
  headers: Headers;
  /** What GitHub answers with: an object, or a list of them. */
  body: Record<string, unknown> & { id: number; message: string } & {
      id: number;
      number: number;
      state: string;
      body: string;
    }[];
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  token = "writer",
): Promise<Answer> {
  const response = await fetch(
    path.startsWith("http") ? path : github.apiUrl + path,
    {
      method,
      headers: token === "" ? {} : { authorization: `token ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
  const text = await response.text();
  return {
    status: response.status,
    link: response.headers.get("link"),
    headers: response.headers,
    body: (text === "" ? {} : JSON.parse(text)) as Answer["body"],
  };
}

const get = async (path: string, token?: string): Promise<Answer["body"]> =>
  (await call("GET", path, undefined, token)).body;
const status = async (...asked: Parameters<typeof call>): Promise<number> =>
  (await call(...asked)).status;

const at = "/repos/acme/app";
const comments = `${at}/issues/7/comments`;
const inaccessible = "Resource not accessible by integration";

test("a comment is created, listed, updated and deleted", async () => {
  const created = await call("POST", comments, { body: "first" });
  expect(created).toMatchObject({
    status: 201,
    body: { body: "first", user: { login: bot.login, type: "Bot" } },
  });
  const one = `${at}/issues/comments/${created.body.id}`;
  const second = { status: 200, body: { body: "second" } };
  expect(await call("PATCH", one, second.body)).toMatchObject(second);
  expect(await call("GET", one)).toMatchObject(second);
  expect((await get(comments)).map(({ body }) => body)).toEqual(["second"]);
  expect(github.comments(7)).toMatchObject([
    { body: "second", login: bot.login },
  ]);
  expect(await status("DELETE", one)).toBe(204);
  expect(await status("GET", one)).toBe(404);
});

test.each([
  ["no token", comments, "", 401, "Bad credentials"],
  ["an unknown token", comments, "stolen", 401, "Bad credentials"],
  [
    "another repository",
    "/repos/acme/other/issues/7/comments",
    "writer",
    404,
    "Not Found",
  ],
  ["a repository that begins so", `${at}2`, "writer", 404, "Not Found"],
])("to read with %s is refused", async (_name, path, token, ...expected) => {
  const [status, message] = expected;
  expect(await call("GET", path, undefined, token)).toMatchObject({
    status,
    body: { message },
  });
});

const long = { body: "x".repeat(65_537) };
test.each<[string, string, number, object, number, string | RegExp, string?]>([
  ["by a reader", "POST", 7, { body: "x" }, 403, inaccessible, "reader"],
  ["on an unknown pull request", "POST", 9, { body: "x" }, 404, "Not Found"],
  ["on a locked one", "POST", 8, { body: "x" }, 403, /locked/],
  ["without text", "POST", 7, { body: "" }, 422, "Validation Failed"],
  ["that is too long", "POST", 7, long, 422, "Validation Failed"],
  ["by an operation that is not there", "PUT", 7, {}, 404, "Not Found"],
])("a comment %s is refused", async (_name, method, pull, body, ...row) => {
  const [status, message, token] = row;
  const path = `${at}/issues/${pull}/comments`;
  expect(await call(method, path, body, token)).toMatchObject({
    status,
    body: {
      message:
        typeof message === "string" ? message : expect.stringMatching(message),
    },
  });
  expect(github.comments(7)).toEqual([]);
});

test("the longest body is taken, and a reader may read it", async () => {
  const body = "x".repeat(65_536);
  expect(await status("POST", comments, { body })).toBe(201);
  expect(await get(comments, "reader")).toHaveLength(1);
});

test("pages are linked as GitHub links them, and the links lead there", async () => {
  for (let n = 1; n <= 65; n += 1)
    github.addComment(7, { login: "dev", type: "User", body: `comment ${n}` });
  const first = await call("GET", comments);
  expect(first.body).toHaveLength(30);
  expect(first.link).toMatch(
    /^<[^>]+page=2>; rel="next", <[^>]+page=3>; rel="last"$/,
  );
  const next = /<([^>]+)>; rel="next"/.exec(first.link ?? "")?.[1] ?? "";
  const second = await call("GET", next);
  expect(second.body[0]?.body).toBe("comment 31");
  expect(second.link).toMatch(
    /rel="prev".*rel="next".*rel="last".*rel="first"/,
  );
  const last = await call("GET", `${comments}?per_page=30&page=3`);
  expect(last.body).toHaveLength(5);
  expect(last.link).not.toMatch(/rel="next"/);
  expect(await get(`${comments}?per_page=500`)).toHaveLength(65);
});

test("faults are injected for the calls asked for, then it works again", async () => {
  github.failNext({ status: 503, times: 2, method: "POST" });
  const headers = { "retry-after": "1" };
  github.failNext({ status: 429, headers, message: "rate limit" });
  expect(await status("POST", comments, { body: "x" })).toBe(503);
  const limited = await call("GET", comments);
  expect(limited.status).toBe(429);
  expect(limited.headers.get("retry-after")).toBe("1");
  expect(await status("POST", comments, { body: "x" })).toBe(503);
  expect(await status("POST", comments, { body: "x" })).toBe(201);
  expect(github.comments(7)).toHaveLength(1);
});

test("calls are recorded without their tokens", async () => {
  const path = `${comments}?page=2`;
  await call("GET", path);
  await call("GET", "/user", undefined, "unknown-token");
  expect(github.calls()).toEqual([
    { method: "GET", path, status: 200, login: bot.login },
    { method: "GET", path: "/user", status: 401 },
  ]);
  expect(JSON.stringify(github.calls())).not.toMatch(/writer|unknown-token/);
});

test("a pull request and the repository are there", async () => {
  expect(await get(`${at}/pulls/7`)).toMatchObject({
    number: 7,
    state: "open",
  });
  expect(await get(at)).toMatchObject({ full_name: "acme/app" });
  expect(await status("GET", `${at}/pulls/70`)).toBe(404);
});

const statusesOf = (id: number): string => `${at}/deployments/${id}/statuses`;
const deployment = {
  ref: "main",
  environment: "pr-7",
  auto_merge: false,
  required_contexts: [],
};
const deploy = async (more: object = {}): Promise<number> => {
  const wanted = { ...deployment, ...more };
  return (await call("POST", `${at}/deployments`, wanted)).body.id;
};

test.each([
  ["reads another scope", "GET", `${at}/issues`, "commenter"],
  ["reads deployments", "GET", `${at}/deployments`, "commenter"],
  ["writes an issue", "POST", `${at}/issues`, "commenter"],
  ["writes a status", "POST", statusesOf(1), "reader"],
  [
    "reads a commit's pull requests",
    "GET",
    `${at}/commits/x/pulls`,
    "outsider",
  ],
  ["asks who it is with a job's token", "GET", "/user", "writer"],
])("who %s without the permission gets 403", async (_, method, path, token) => {
  const body = method === "POST" ? {} : undefined;
  const message =
    token === "outsider"
      ? "Resource not accessible by personal access token"
      : inaccessible;
  expect(await call(method, path, body, token)).toMatchObject({
    status: 403,
    body: { message },
  });
});

test("a token for comments alone may comment, and a person's token says whose it is", async () => {
  expect(await status("POST", comments, { body: "x" }, "commenter")).toBe(201);
  expect(await get("/user", "ann")).toMatchObject({
    login: "ann",
    type: "User",
  });
});

test("an issue is created, found by label, creator and state, changed, commented and closed", async () => {
  const find = async (query: string) =>
    (await get(`${at}/issues?${query}`)).map(({ number }) => number);
  const wanted = { title: "Drift", body: "seen", labels: ["Gate-Drift", "x"] };
  const { body, status } = await call("POST", `${at}/issues`, wanted);
  expect([status, body.number]).toEqual([201, 9]);
  const other = { title: "Drift", labels: [{ name: "gate-drift" }] };
  await call("POST", `${at}/issues`, other, "ann");
  expect(await find("labels=gate-drift")).toEqual([10, 9]);
  expect(await find("labels=gate-drift,x")).toEqual([9]);
  expect(await find("creator=github-actions[bot]")).toEqual([9]);
  expect(await find("state=all")).toEqual([10, 9, 8, 7]);
  expect(await find("sort=created&direction=asc")).toEqual([7, 8, 9, 10]);
  await call("PATCH", `${at}/issues/9`, { body: "again", state: "closed" });
  await call("POST", `${at}/issues/9/comments`, { body: "fixed" });
  expect(await find("labels=x")).toEqual([]);
  expect(await find("labels=x&state=closed")).toEqual([9]);
  expect(github.issues()[0]).toMatchObject({ body: "again", title: "Drift" });
  expect(github.comments(9)).toHaveLength(1);
  expect(await get(`${at}/issues/9`)).toMatchObject({
    comments: 1,
    labels: [{ name: "Gate-Drift" }, { name: "x" }],
  });
});

test("pull requests among the issues are marked by their key", async () => {
  const issues = await get(`${at}/issues`);
  expect(issues.map((issue) => "pull_request" in issue)).toEqual([true, true]);
});

const unmerged = { ...deployment, ref: "refs/pull/7/merge" };
const waiting = { ...deployment, required_contexts: undefined };
const wordy = { ...deployment, description: "x".repeat(141) };
const success = { state: "success" };
test.each([
  ["no title", "POST", "/issues", {}, 422],
  ["a long title", "POST", "/issues", { title: "x".repeat(257) }, 422],
  ["a long body", "POST", "/issues", { title: "x", ...long }, 422],
  ["labels: no list", "POST", "/issues", { title: "x", labels: "x" }, 422],
  ["an unknown issue", "PATCH", "/issues/99", { title: "x" }, 404],
  ["an unknown state", "GET", "/issues?state=drifted", undefined, 422],
  ["no ref", "POST", "/deployments", { ...deployment, ref: "" }, 422],
  ["an unknown ref", "POST", "/deployments", unmerged, 422],
  ["a wait for checks", "POST", "/deployments", waiting, 409],
  ["a long description", "POST", "/deployments", wordy, 422],
  ["no such deployment", "POST", "/deployments/1/statuses", success, 404],
  ["an unknown commit", "GET", "/commits/5f0e7c1/pulls", undefined, 422],
])("%s is refused (%s %s), and nothing is made", async (...row) => {
  const [, method, path, body, expected] = row;
  expect(await status(method, at + path, body)).toBe(expected);
  expect([github.issues(), github.deployments()]).toEqual([[], []]);
});

test("a deployment that may be merged into is merged into, and not made", async () => {
  const wanted = { ...deployment, auto_merge: undefined };
  expect(await status("POST", `${at}/deployments`, wanted)).toBe(202);
  expect(github.deployments()).toEqual([]);
});

test("where issues are switched off, none is made", async () => {
  const off = await startGithub({
    repository: "acme/app",
    pulls: [],
    tokens: { writer: bot },
    issuesEnabled: false,
  });
  const path = `${off.apiUrl}${at}/issues`;
  const answer = await call("POST", path, { title: "x" });
  await off.stop();
  expect(answer.status).toBe(410);
});

test("a deployment gets its statuses, the newest first, and a later one retires it", async () => {
  const url = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
  const first = await deploy({ transient_environment: false });
  const done = { ...success, environment_url: url };
  await call("POST", statusesOf(first), { state: "in_progress" });
  await call("POST", statusesOf(first), done);
  expect(await get(statusesOf(first))).toMatchObject([
    { ...done, environment: "pr-7" },
    { state: "in_progress" },
  ]);
  const second = await deploy({ ref: "gate" });
  await call("POST", statusesOf(second), done);
  const found = github.deployments().map(({ id, sha, statuses }) => {
    return [id, sha, ...statuses.map(({ state }) => state)];
  });
  expect(found).toEqual([
    [first, sha("a"), "in_progress", "success", "inactive"],
    [second, sha("7"), "success"],
  ]);
});

test.each([
  ["transient", { transient_environment: true }],
  ["production", { environment: "production" }],
])("a %s deployment is not retired by the next one", async (_name, more) => {
  const first = await deploy(more);
  await call("POST", statusesOf(first), success);
  await call("POST", statusesOf(await deploy(more)), success);
  expect(github.deployments()[0]?.statuses).toHaveLength(1);
});

test.each([
  ["an unknown state", { state: "destroyed" }],
  ["no state", {}],
  ["a long description", { ...success, description: "x".repeat(141) }],
  ["an address that is none", { ...success, environment_url: "abc" }],
])("a status with %s is refused", async (_name, body) => {
  const id = await deploy();
  expect(await status("POST", statusesOf(id), body)).toBe(422);
  expect(github.deployments()[0]?.statuses).toEqual([]);
});

test("deployments are listed by environment, newest first, and only inactive ones are deleted", async () => {
  const first = await deploy();
  const second = await deploy();
  await deploy({ environment: "prod" });
  const found = await get(`${at}/deployments?environment=pr-7`);
  expect(found.map(({ id }) => id)).toEqual([second, first]);
  const one = `${at}/deployments/${first}`;
  expect(await status("DELETE", one)).toBe(422);
  await call("POST", statusesOf(first), { state: "inactive" });
  expect(await status("DELETE", one)).toBe(204);
  expect(await status("GET", one)).toBe(404);
});

test("a pull request is merged, and found by the commit that it became and by its head before that", async () => {
  const found = (commit: string) => get(`${at}/commits/${commit}/pulls`);
  expect(await found(sha("7"))).toMatchObject([
    { number: 7, state: "open", merged_at: null },
  ]);
  github.setPull({ number: 7, mergeCommit: sha("c") });
  expect(await found(sha("c"))).toMatchObject([{ number: 7, state: "closed" }]);
  expect(await found(sha("d"))).toEqual([]);
  expect(await get(`${at}/pulls/7`)).toMatchObject({
    merged: true,
    merge_commit_sha: sha("c"),
    head: { sha: sha("7"), ref: "gate", repo: { full_name: "acme/app" } },
  });
  expect(await get(`${at}/pulls`)).toMatchObject([{ number: 8 }]);
});

test("a new push moves the head, and a fork's pull request says where it comes from", async () => {
  github.setPull({ number: 7, headSha: sha("e") });
  const headRepository = "mallory/app";
  github.setPull({ number: 11, headRepository, headRef: "gate" });
  expect(await get(`${at}/pulls?head=acme:gate`)).toMatchObject([
    { number: 7, head: { sha: sha("e"), ref: "gate" } },
  ]);
  expect(await get(`${at}/pulls?head=mallory:gate`)).toMatchObject([
    { number: 11, head: { repo: { full_name: "mallory/app" } } },
  ]);
});

const { secondaryLimit, tooManyRequests, usedUp, unavailable, cut } =
  githubFaults;
test.each([
  ["a limit", secondaryLimit(3), 403, "3", /secondary rate limit/],
  ["no Retry-After", secondaryLimit(), 403, null, /secondary rate limit/],
  ["429", tooManyRequests(2), 429, "2", /secondary rate limit/],
  ["used up calls", usedUp(60), 403, null, /API rate limit exceeded/],
  ["an outage", unavailable(), 503, null, /Server Error/],
])("%s is answered as GitHub does it", async (...row) => {
  const [, fault, status, retryAfter, message] = row;
  github.failNext(fault);
  const answer = await call("GET", comments);
  expect(answer.status).toBe(status);
  expect(answer.headers.get("retry-after")).toBe(retryAfter);
  expect(answer.body.message).toMatch(message);
  const remaining = answer.headers.get("x-ratelimit-remaining");
  expect(remaining === "0").toBe(String(message).includes("API rate limit"));
});

test("a cut connection has no answer, and a call may be done although its answer says otherwise", async () => {
  github.failNext({ ...cut, method: "POST" });
  await expect(call("POST", comments, { body: "x" })).rejects.toThrow();
  expect(github.comments(7)).toEqual([]);
  github.failNext({ ...unavailable(502), path: /comments$/, done: true });
  expect(await status("GET", `${at}/pulls/7`)).toBe(200);
  expect(await status("POST", comments, { body: "x" })).toBe(502);
  expect(github.comments(7)).toHaveLength(1);
});

test("a request without a User-Agent, or with a body that is no JSON object, is refused", async () => {
  const headers = { authorization: "token writer" };
  const ask = (more: RequestInit) =>
    fetch(github.apiUrl + comments, { headers, ...more });
  const anonymous = { ...headers, "user-agent": "" };
  expect((await ask({ headers: anonymous })).status).toBe(403);
  expect((await ask({ method: "POST", body: "[1" })).status).toBe(400);
});

test("what was sent is in the ledger", async () => {
  const [path, body] = [`${at}/issues`, { title: "Drift" }];
  await call("POST", path, body);
  expect(github.calls()).toEqual([
    { method: "POST", path, status: 201, login: bot.login, body },
  ]);
});

test("calls are forgotten when asked to; what they made is not", async () => {
  const calls = github.calls();
  await call("POST", comments, { body: "x" });
  github.forgetCalls();
  expect(calls).toEqual([]);
  expect(await get(comments)).toHaveLength(1);
  expect(github.calls()).toHaveLength(1);
});
