import { startGithub, type Github } from "../../../local/github.ts";

const bot = {
  login: "github-actions[bot]",
  type: "Bot",
  permission: "write",
} as const;

let github: Github;

beforeEach(async () => {
  github = await startGithub({
    repository: "acme/app",
    pulls: [{ number: 7 }, { number: 8, locked: true }],
    tokens: { writer: bot, reader: { ...bot, permission: "read" } },
  });
});
afterEach(() => github.stop());

interface Answer {
  status: number;
  link: string | null;
  headers: Headers;
  body: Record<string, unknown> &
    { id: number; message: string; body: string }[];
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
