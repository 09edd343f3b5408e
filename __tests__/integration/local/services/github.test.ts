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
      somebody: { login: "somebody", type: "User", permission: "write" },
      stranger: { login: "stranger", type: "User", permission: {} },
    },
  });
});
afterEach(() => github.stop());

interface Answer {
  status: number;
  link: string | null;
  headers: Headers;
  body: Record<string, unknown> &
    {
      id: number;
      number: number;
      state: string;
      message: string;
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

const comments = "/repos/acme/app/issues/7/comments";

test("a comment is created, listed, updated and deleted", async () => {
  const created = await call("POST", comments, { body: "first" });
  expect(created).toMatchObject({
    status: 201,
    body: { body: "first", user: { login: bot.login, type: "Bot" } },
  });
  const one = `/repos/acme/app/issues/comments/${(created.body as unknown as { id: number }).id}`;
  expect(await call("PATCH", one, { body: "second" })).toMatchObject({
    status: 200,
    body: { body: "second" },
  });
  expect(await call("GET", one)).toMatchObject({
    status: 200,
    body: { body: "second" },
  });
  expect((await call("GET", comments)).body.map(({ body }) => body)).toEqual([
    "second",
  ]);
  expect(github.comments(7)).toMatchObject([
    { body: "second", login: bot.login },
  ]);
  expect((await call("DELETE", one)).status).toBe(204);
  expect((await call("GET", one)).status).toBe(404);
});

test.each([
  ["no token", "GET", comments, undefined, "", 401, "Bad credentials"],
  [
    "an unknown token",
    "GET",
    comments,
    undefined,
    "stolen",
    401,
    "Bad credentials",
  ],
  [
    "a reader's write",
    "POST",
    comments,
    { body: "x" },
    "reader",
    403,
    "Resource not accessible by integration",
  ],
  [
    "another repository",
    "GET",
    "/repos/acme/other/issues/7/comments",
    undefined,
    "writer",
    404,
    "Not Found",
  ],
  [
    "a repository whose name only begins so",
    "GET",
    "/repos/acme/app2",
    undefined,
    "writer",
    404,
    "Not Found",
  ],
  [
    "an unknown pull request",
    "POST",
    "/repos/acme/app/issues/9/comments",
    { body: "x" },
    "writer",
    404,
    "Not Found",
  ],
  [
    "a locked conversation",
    "POST",
    "/repos/acme/app/issues/8/comments",
    { body: "x" },
    "writer",
    403,
    expect.stringContaining("locked"),
  ],
  [
    "an empty body",
    "POST",
    comments,
    { body: "" },
    "writer",
    422,
    "Validation Failed",
  ],
  [
    "a body that is too long",
    "POST",
    comments,
    { body: "x".repeat(65_537) },
    "writer",
    422,
    "Validation Failed",
  ],
  [
    "an operation that is not there",
    "PUT",
    comments,
    {},
    "writer",
    404,
    "Not Found",
  ],
])("%s is refused", async (_name, ...row) => {
  const [method, path, body, token, status, message] = row;
  expect(await call(method, path, body, token)).toMatchObject({
    status,
    body: { message },
  });
  expect(github.comments(7)).toEqual([]);
});

test("the longest body is taken, and a reader may read it", async () => {
  expect(
    (await call("POST", comments, { body: "x".repeat(65_536) })).status,
  ).toBe(201);
  expect((await call("GET", comments, undefined, "reader")).body).toHaveLength(
    1,
  );
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
  expect((await call("GET", `${comments}?per_page=500`)).body).toHaveLength(65);
});

test("faults are injected for the calls asked for, then it works again", async () => {
  github.failNext({ status: 503, times: 2, method: "POST" });
  github.failNext({
    status: 429,
    headers: { "retry-after": "1" },
    message: "rate limit",
  });
  expect((await call("POST", comments, { body: "x" })).status).toBe(503);
  const limited = await call("GET", comments);
  expect([limited.status, limited.headers.get("retry-after")]).toEqual([
    429,
    "1",
  ]);
  expect((await call("POST", comments, { body: "x" })).status).toBe(503);
  expect((await call("POST", comments, { body: "x" })).status).toBe(201);
  expect(github.comments(7)).toHaveLength(1);
});

test("calls are recorded without their tokens", async () => {
  await call("GET", `${comments}?page=2`);
  await call("GET", "/user", undefined, "unknown-token");
  expect(github.calls()).toEqual([
    {
      method: "GET",
      path: `${comments}?page=2`,
      status: 200,
      login: bot.login,
    },
    { method: "GET", path: "/user", status: 401 },
  ]);
  expect(JSON.stringify(github.calls())).not.toMatch(/writer|unknown-token/);
});

test("a pull request and the repository are there", async () => {
  expect((await call("GET", "/repos/acme/app/pulls/7")).body).toMatchObject({
    number: 7,
    state: "open",
  });
  expect((await call("GET", "/repos/acme/app")).body).toMatchObject({
    full_name: "acme/app",
  });
  expect((await call("GET", "/repos/acme/app/pulls/70")).status).toBe(404);
});

const at = "/repos/acme/app";
const statusesOf = (id: number): string => `${at}/deployments/${id}/statuses`;
const deployment = {
  ref: "main",
  environment: "pr-7",
  auto_merge: false,
  required_contexts: [],
};
const deploy = async (more: object = {}): Promise<number> => {
  const { body } = await call("POST", `${at}/deployments`, {
    ...deployment,
    ...more,
  });
  return (body as unknown as { id: number }).id;
};

test.each([
  ["reads another scope", "GET", `${at}/issues`, "commenter"],
  ["reads deployments", "GET", `${at}/deployments`, "commenter"],
  ["writes an issue", "POST", `${at}/issues`, "commenter"],
  ["writes a status", "POST", statusesOf(1), "reader"],
  [
    "reads the commit's pull requests",
    "GET",
    `${at}/commits/x/pulls`,
    "stranger",
  ],
  ["asks who it is with a job's token", "GET", "/user", "writer"],
])("who %s without the permission gets 403", async (...row) => {
  const [, method, path, token] = row;
  const answer = await call(
    method,
    path,
    method === "POST" ? {} : undefined,
    token,
  );
  expect(answer.status).toBe(403);
  expect(String(answer.body.message)).toBe(
    token === "stranger"
      ? "Resource not accessible by personal access token"
      : "Resource not accessible by integration",
  );
});

test("a token for comments alone may comment, and a person's token says whose it is", async () => {
  const created = await call("POST", comments, { body: "x" }, "commenter");
  expect(created.status).toBe(201);
  expect(
    (await call("GET", "/user", undefined, "somebody")).body,
  ).toMatchObject({ login: "somebody", type: "User" });
});

test("an issue is created, found by label, creator and state, changed, commented and closed", async () => {
  const find = async (query: string) =>
    (await call("GET", `${at}/issues?${query}`)).body.map(
      ({ number }) => number,
    );
  const wanted = { title: "Drift", body: "seen", labels: ["Gate-Drift", "x"] };
  const { body, status } = await call("POST", `${at}/issues`, wanted);
  expect([status, body.number]).toEqual([201, 9]);
  const other = { title: "Drift", labels: [{ name: "gate-drift" }] };
  await call("POST", `${at}/issues`, other, "somebody");
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
  expect((await call("GET", `${at}/issues/9`)).body).toMatchObject({
    comments: 1,
    labels: [{ name: "Gate-Drift" }, { name: "x" }],
  });
});

test("pull requests among the issues are told by their key", async () => {
  const { body } = await call("GET", `${at}/issues`);
  expect(body.map((issue) => "pull_request" in issue)).toEqual([true, true]);
});

test.each([
  ["no title", "POST", "/issues", {}, 422],
  [
    "a title that is too long",
    "POST",
    "/issues",
    { title: "x".repeat(257) },
    422,
  ],
  [
    "a body that is too long",
    "POST",
    "/issues",
    { title: "x", body: "x".repeat(65_537) },
    422,
  ],
  [
    "labels that are no list",
    "POST",
    "/issues",
    { title: "x", labels: "x" },
    422,
  ],
  ["an unknown issue", "PATCH", "/issues/99", { title: "x" }, 404],
  [
    "an unknown state in a query",
    "GET",
    "/issues?state=drifted",
    undefined,
    422,
  ],
  [
    "a deployment without a ref",
    "POST",
    "/deployments",
    { ...deployment, ref: "" },
    422,
  ],
  [
    "a deployment of an unknown ref",
    "POST",
    "/deployments",
    { ...deployment, ref: "refs/pull/7/merge" },
    422,
  ],
  [
    "a deployment that waits for checks",
    "POST",
    "/deployments",
    { ...deployment, required_contexts: undefined },
    409,
  ],
  [
    "a deployment with a long description",
    "POST",
    "/deployments",
    { ...deployment, description: "x".repeat(141) },
    422,
  ],
  [
    "a status of an unknown deployment",
    "POST",
    "/deployments/1/statuses",
    { state: "success" },
    404,
  ],
  ["an unknown commit", "GET", "/commits/5f0e7c1/pulls", undefined, 422],
])("%s is refused, and nothing is made", async (...row) => {
  const [, method, path, body, status] = row;
  expect((await call(method, at + path, body)).status).toBe(status);
  expect([github.issues(), github.deployments()]).toEqual([[], []]);
});

test("a deployment that may be merged into is merged into, and not made", async () => {
  const wanted = { ...deployment, auto_merge: undefined };
  expect((await call("POST", `${at}/deployments`, wanted)).status).toBe(202);
  expect(github.deployments()).toEqual([]);
});

test("where issues are switched off, none is made", async () => {
  const off = await startGithub({
    repository: "acme/app",
    pulls: [],
    tokens: { writer: bot },
    issuesEnabled: false,
  });
  const answer = await call("POST", `${off.apiUrl}${at}/issues`, {
    title: "x",
  });
  await off.stop();
  expect(answer.status).toBe(410);
});

test("a deployment gets its statuses, the newest first, and a later one retires it", async () => {
  const url = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
  const first = await deploy({ transient_environment: false });
  const success = { state: "success", environment_url: url };
  await call("POST", statusesOf(first), { state: "in_progress" });
  await call("POST", statusesOf(first), success);
  const listed = await call("GET", statusesOf(first));
  expect(listed.body.map(({ state }) => state)).toEqual([
    "success",
    "in_progress",
  ]);
  expect(listed.body[0]).toMatchObject({
    environment_url: url,
    environment: "pr-7",
  });
  const second = await deploy({ ref: "gate" });
  await call("POST", statusesOf(second), success);
  expect(
    github.deployments().map(({ id, sha, statuses }) => ({
      id,
      sha,
      states: statuses.map(({ state }) => state),
    })),
  ).toEqual([
    {
      id: first,
      sha: sha("a"),
      states: ["in_progress", "success", "inactive"],
    },
    { id: second, sha: sha("7"), states: ["success"] },
  ]);
});

test.each([
  ["transient", { transient_environment: true }],
  ["production", { environment: "production" }],
])("a %s deployment is not retired by the next one", async (_name, more) => {
  const first = await deploy(more);
  await call("POST", statusesOf(first), { state: "success" });
  await call("POST", statusesOf(await deploy(more)), { state: "success" });
  expect(github.deployments()[0]?.statuses).toHaveLength(1);
});

test.each([
  ["an unknown state", { state: "destroyed" }],
  ["no state", {}],
  ["a long description", { state: "success", description: "x".repeat(141) }],
  ["an address that is none", { state: "success", environment_url: "abc" }],
])("a status with %s is refused", async (_name, status) => {
  const id = await deploy();
  expect((await call("POST", statusesOf(id), status)).status).toBe(422);
  expect(github.deployments()[0]?.statuses).toEqual([]);
});

test("deployments are listed by environment, newest first, and only inactive ones are deleted", async () => {
  const first = await deploy();
  const second = await deploy();
  await deploy({ environment: "prod" });
  const found = await call("GET", `${at}/deployments?environment=pr-7`);
  expect(found.body.map(({ id }) => id)).toEqual([second, first]);
  expect((await call("DELETE", `${at}/deployments/${first}`)).status).toBe(422);
  await call("POST", statusesOf(first), { state: "inactive" });
  expect((await call("DELETE", `${at}/deployments/${first}`)).status).toBe(204);
  expect((await call("GET", `${at}/deployments/${first}`)).status).toBe(404);
});

test("a pull request is merged, and found by the commit that it became and by its head before that", async () => {
  const found = async (commit: string) =>
    (await call("GET", `${at}/commits/${commit}/pulls`)).body;
  expect(await found(sha("7"))).toMatchObject([
    { number: 7, state: "open", merged_at: null },
  ]);
  github.setPull({ number: 7, mergeCommit: sha("c") });
  expect(await found(sha("c"))).toMatchObject([{ number: 7, state: "closed" }]);
  expect(await found(sha("d"))).toEqual([]);
  expect((await call("GET", `${at}/pulls/7`)).body).toMatchObject({
    merged: true,
    merge_commit_sha: sha("c"),
    head: { sha: sha("7"), ref: "gate", repo: { full_name: "acme/app" } },
  });
  expect((await call("GET", `${at}/pulls`)).body).toMatchObject([
    { number: 8 },
  ]);
});

test("a new push moves the head, and a fork's pull request says where it comes from", async () => {
  github.setPull({ number: 7, headSha: sha("e") });
  github.setPull({
    number: 11,
    headRepository: "mallory/app",
    headRef: "gate",
  });
  expect((await call("GET", `${at}/pulls?head=acme:gate`)).body).toMatchObject([
    { number: 7, head: { sha: sha("e"), ref: "gate" } },
  ]);
  expect(
    (await call("GET", `${at}/pulls?head=mallory:gate`)).body,
  ).toMatchObject([
    { number: 11, head: { repo: { full_name: "mallory/app" } } },
  ]);
});

test.each([
  [
    "a secondary rate limit",
    githubFaults.secondaryLimit(3),
    403,
    "3",
    /secondary rate limit/,
  ],
  [
    "one without Retry-After",
    githubFaults.secondaryLimit(),
    403,
    null,
    /secondary rate limit/,
  ],
  ["429", githubFaults.tooManyRequests(2), 429, "2", /secondary rate limit/],
  [
    "used up calls",
    githubFaults.usedUp(60),
    403,
    null,
    /API rate limit exceeded/,
  ],
  ["an outage", githubFaults.unavailable(), 503, null, /Server Error/],
])("%s is answered as GitHub does it", async (...row) => {
  const [, fault, status, retryAfter, message] = row;
  github.failNext(fault);
  const answer = await call("GET", comments);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([
    status,
    retryAfter,
  ]);
  expect(answer.body.message).toMatch(message);
  const remaining = answer.headers.get("x-ratelimit-remaining");
  expect(remaining === "0").toBe(String(message).includes("API rate limit"));
});

test("a cut connection has no answer, and a call may be done although its answer says otherwise", async () => {
  github.failNext({ ...githubFaults.cut, method: "POST" });
  await expect(call("POST", comments, { body: "x" })).rejects.toThrow();
  expect(github.comments(7)).toEqual([]);
  github.failNext({
    ...githubFaults.unavailable(502),
    path: /comments$/,
    done: true,
  });
  expect((await call("GET", `${at}/pulls/7`)).status).toBe(200);
  expect((await call("POST", comments, { body: "x" })).status).toBe(502);
  expect(github.comments(7)).toHaveLength(1);
});

test("a request without a User-Agent, or with a body that is no JSON object, is refused", async () => {
  const headers = { authorization: "token writer" };
  const ask = (more: RequestInit) =>
    fetch(github.apiUrl + comments, { headers, ...more });
  expect(
    (await ask({ headers: { ...headers, "user-agent": "" } })).status,
  ).toBe(403);
  expect((await ask({ method: "POST", body: "[1" })).status).toBe(400);
});

test("what was sent is in the ledger", async () => {
  await call("POST", `${at}/issues`, { title: "Drift" });
  expect(github.calls()).toEqual([
    {
      method: "POST",
      path: `${at}/issues`,
      status: 201,
      login: bot.login,
      body: { title: "Drift" },
    },
  ]);
});
