import type {
  Answer,
  Ask,
  BareError,
  Check,
} from "../../../src/proof/check.ts";
import { wrongToken } from "../../../src/proof/credential.ts";
import { type ProofTools, prove } from "../../../src/proof/proof.ts";

const check = (id: string, more: Partial<Check> = {}): Check => ({
  id,
  title: id,
  shows: "it works",
  method: "GET",
  path: `/${id}`,
  credential: "none",
  expect: "unauthorized",
  ...more,
});

const gateSays = (status: number, gateError: string): Answer => ({
  status,
  gateError,
  chunked: false,
  pieces: 1,
  allows: {},
});
const upstreamSays = (status: number): Answer => ({
  status,
  chunked: false,
  pieces: 1,
  allows: {},
});
const closed = gateSays(401, "UNAUTHORIZED");
const notThereYet = gateSays(404, "MISSING_AUTHENTICATION_TOKEN");
const unreachable = Object.assign(
  new Error("getaddrinfo https://user:pass@proxy"),
  {
    code: "ENOTFOUND",
  },
);

/** A gate whose answers are scripted per path (the last one stays), under a clock that only sleeping moves. */
function scene(script: Record<string, (Answer | Error)[]>) {
  let time = 0;
  let open = 0;
  const asked: {
    method: string;
    path: string;
    headers: Readonly<Record<string, string>>;
    body?: string;
    at: number;
  }[] = [];
  const seen = { most: 0 };
  const log: string[] = [];
  const ask: Ask = async ({ body, method, path, headers }) => {
    asked.push({
      method,
      path,
      headers,
      at: time,
      ...(body !== undefined && { body }),
    });
    open += 1;
    seen.most = Math.max(seen.most, open);
    await Promise.resolve();
    open -= 1;
    const answers = script[path] ?? [closed];
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  let signed = 0;
  const tools: ProofTools = {
    ask,
    sign: (consumer) => Promise.resolve(`${consumer}-${++signed}`),
    now: () => time,
    sleep: (milliseconds) => {
      time += milliseconds;
      return Promise.resolve();
    },
    log: (text) => log.push(text),
  };
  return { tools, asked, seen, log };
}

test("answers that hold at once are asked once", async () => {
  const { tools, asked } = scene({ "/h": [upstreamSays(200)] });
  const proof = await prove(
    [check("a"), check("h", { expect: "healthy" })],
    tools,
  );
  expect(proof).toEqual({
    broken: false,
    failed: false,
    results: [
      {
        id: "a",
        title: "a",
        shows: "it works",
        sentence: expect.stringContaining("`GET /a` without"),
        expected: "401 from the gate",
        actual: "401 UNAUTHORIZED",
        status: "passed",
        attempts: 1,
        message: "",
      },
      {
        id: "h",
        title: "h",
        shows: "it works",
        sentence: expect.stringContaining("`GET /h` without"),
        expected: "200",
        actual: "200",
        status: "passed",
        attempts: 1,
        message: "",
      },
    ],
  });
  expect(asked).toHaveLength(2);
});

test("a check's body is sent with its type", async () => {
  const { tools, asked } = scene({ "/m": [gateSays(400, "BAD_REQUEST_BODY")] });
  const proof = await prove(
    [
      check("a"),
      check("m", {
        expect: "bad-body",
        credential: { consumer: "ops" },
        body: { type: "application/json", text: "{}" },
      }),
    ],
    tools,
  );
  expect(proof.failed).toBe(false);
  expect(asked.map(({ body }) => body)).toEqual([undefined, "{}"]);
  expect(asked[1]!.headers).toEqual({
    Authorization: "Bearer ops-1",
    "Content-Type": "application/json",
  });
});

test("propagation is waited for with growing pauses", async () => {
  const { tools, asked } = scene({
    "/a": [
      unreachable,
      notThereYet,
      notThereYet,
      notThereYet,
      notThereYet,
      notThereYet,
      closed,
    ],
  });
  const proof = await prove([check("a")], tools);
  expect(proof.results[0]).toMatchObject({ status: "passed", attempts: 7 });
  expect(asked.map(({ at }) => at / 1000)).toEqual([0, 1, 3, 7, 15, 23, 31]);
});

test("a gate open until the deadline is broken, and gets no credential", async () => {
  const { tools, asked } = scene({ "/a": [upstreamSays(200)] });
  const checks = [
    check("a"),
    check("ok"),
    check("o", { expect: "reached", credential: { consumer: "team" } }),
  ];
  const proof = await prove(checks, tools);
  expect(proof).toMatchObject({ broken: true, failed: true });
  expect(proof.results.map(({ status }) => status)).toEqual([
    "failed",
    "passed",
    "not-made",
  ]);
  expect(proof.results[2]).toMatchObject({
    attempts: 0,
    actual: "",
    message: "the gate is not closed",
  });
  expect(asked.every(({ headers }) => Object.keys(headers).length === 0)).toBe(
    true,
  );
  expect(asked.at(-1)!.at).toBeLessThanOrEqual(90_000);
});

test("a failing authorizer: nothing is open, and no credential is sent", async () => {
  const { tools, asked } = scene({
    "/a": [gateSays(500, "AUTHORIZER_FAILURE")],
  });
  const proof = await prove(
    [
      check("a"),
      check("o", { expect: "reached", credential: { consumer: "team" } }),
    ],
    tools,
  );
  expect(proof).toMatchObject({ broken: false, failed: true });
  expect(proof.results[1]).toMatchObject({
    status: "not-made",
    message: "the gate did not show that it is closed",
  });
  expect(asked.every(({ path }) => path === "/a")).toBe(true);
});

test("a gate whose throttle answers all calls did not show that it is closed, and gets no credential", async () => {
  const { tools, asked } = scene({ "/a": [gateSays(429, "THROTTLED")] });
  const proof = await prove(
    [
      check("a"),
      check("o", { expect: "reached", credential: { consumer: "team" } }),
    ],
    tools,
  );
  expect(proof).toMatchObject({ broken: false, failed: true });
  expect(proof.results[0]?.message).toContain("NOT PROVED that the gate is");
  expect(asked.every(({ path }) => path === "/a")).toBe(true);
});

test("what fails can have a shorter deadline than what was not made", async () => {
  const lastAsked = async (one: Check, answer: Answer) => {
    const { tools, asked } = scene({ [one.path]: [answer] });
    await prove([one], { ...tools, failureDeadline: 20 });
    return asked.at(-1)!.at / 1000;
  };
  expect(await lastAsked(check("a"), upstreamSays(200))).toBe(15);
  const open = check("o", { expect: "reached" });
  expect(await lastAsked(open, gateSays(429, "THROTTLED"))).toBe(87);
});

test("the deadline can be shorter; there is always one attempt", async () => {
  const { tools } = scene({ "/a": [upstreamSays(200)] });
  const proof = await prove([check("a")], { ...tools, deadline: 0 });
  expect(proof.results[0]).toMatchObject({ status: "failed", attempts: 1 });
});

test("silence fails without being broken, keeps the proxy's URL to itself, and is waited for once", async () => {
  const checks = Array.from({ length: 100 }, (_, index) => check(`c${index}`));
  const script = Object.fromEntries(
    checks.map(({ path }) => [path, [unreachable]]),
  );
  const { tools } = scene(script);
  const proof = await prove(checks, tools);
  expect(proof).toMatchObject({ broken: false, failed: true });
  expect(proof.results[0]).toMatchObject({
    actual: "no answer",
    message:
      "no answer (ENOTFOUND); check that the gate's URL can be reached from this runner, and that nobody deleted the API",
  });
  expect(JSON.stringify(proof)).not.toContain("pass@");
  expect(
    proof.results.filter(({ status }) => status === "failed").length,
  ).toBeLessThanOrEqual(8);
  expect(proof.results.at(-1)).toMatchObject({
    status: "not-made",
    message: "the gate does not answer",
  });
});

test("an error without a code is reported without its text", async () => {
  const { tools } = scene({ "/a": [new Error("secret inside")] });
  const { results } = await prove([check("a")], tools);
  expect(results[0]!.message).toContain("no answer (the connection failed)");
});

test("credentials: none, wrong, a consumer's signed anew for each attempt, the user's own", async () => {
  const { tools, asked } = scene({
    "/o": [gateSays(403, "ACCESS_DENIED"), upstreamSays(400)],
    "/p": [upstreamSays(400)],
    "/s": [upstreamSays(400)],
  });
  await prove(
    [
      check("a"),
      check("w", { credential: "wrong", header: "x-key" }),
      check("o", {
        expect: "reached",
        credential: { consumer: "team" },
        header: "x-key",
      }),
      check("p", {
        expect: "reached",
        credential: "proof-token",
        header: "x-key",
      }),
      check("s", {
        expect: "reached",
        credential: { consumer: "team" },
        header: "Authorization",
      }),
    ],
    { ...tools, proofToken: "mine" },
  );
  const sent = (path: string) =>
    asked.filter((one) => one.path === path).map(({ headers }) => headers);
  expect(sent("/a")).toEqual([{}]);
  expect(sent("/w")).toEqual([{ "x-key": wrongToken }]);
  expect(sent("/o")).toEqual([
    { "x-key": "team-1" },
    { "x-key": expect.stringMatching(/^team-[23]$/) },
  ]);
  expect(sent("/s")).toEqual([
    { Authorization: expect.stringMatching(/^Bearer team-[23]$/) },
  ]);
  expect(sent("/p")).toEqual([{ "x-key": "mine" }]);
});

test("an upstream's refusal is asked about three times, not until the deadline, and the gate is not open", async () => {
  const { tools, asked } = scene({ "/o": [upstreamSays(401)] });
  const upstream = {
    name: "openai",
    hasCredential: true,
    asked: "question",
  } as const;
  const proof = await prove(
    [check("o", { expect: "accepted", upstream })],
    tools,
  );
  expect(proof).toMatchObject({ failed: true, broken: false });
  expect(proof.results[0]).toMatchObject({
    status: "failed",
    attempts: 3,
    actual: "401",
    upstreamRefused: true,
    message: expect.stringContaining("401 to GET /o;"),
  });
  expect(asked.map(({ at }) => at)).toEqual([0, 1000, 3000]);
});

test("a secret that was just put in place is found by the next attempt", async () => {
  const { tools } = scene({ "/o": [upstreamSays(401), upstreamSays(200)] });
  const upstream = {
    name: "openai",
    hasCredential: true,
    asked: "made-up-path",
  } as const;
  const { failed, results } = await prove(
    [check("o", { expect: "accepted", upstream })],
    tools,
  );
  expect(failed).toBe(false);
  expect(results[0]).toMatchObject({ status: "passed", attempts: 2 });
  expect(results[0]).not.toHaveProperty("upstreamRefused");
});

describe("a usage key that API Gateway does not know", () => {
  const noKey = gateSays(403, "INVALID_API_KEY");
  const open = ["o", "p"].map((id) =>
    check(id, { expect: "accepted", credential: { consumer: "team" } }),
  );

  test("is waited for longer than a deployment, and the log says once why", async () => {
    const { tools, asked, log } = scene({
      "/o": [...Array.from({ length: 20 }, () => noKey), upstreamSays(200)],
      "/p": [...Array.from({ length: 20 }, () => noKey), upstreamSays(200)],
    });
    const proof = await prove(open, { ...tools, usageKeyDeadline: 400 });
    expect(proof).toMatchObject({ failed: false });
    expect(asked.at(-1)!.at).toBeGreaterThan(90_000);
    expect(log).toEqual([
      expect.stringMatching(/usage key.*can take minutes.*up to 400 seconds/),
    ]);
  });

  test("fails after its own deadline, and the message says how long that was", async () => {
    const { tools, asked } = scene({ "/o": [noKey] });
    const { results } = await prove(open.slice(0, 1), {
      ...tools,
      usageKeyDeadline: 240,
    });
    expect(results[0]).toMatchObject({
      status: "failed",
      actual: "403 INVALID_API_KEY",
      message: expect.stringMatching(/`proof-timeout`.*waited 23\d seconds/),
    });
    expect(asked.at(-1)!.at).toBeLessThanOrEqual(240_000);
  });

  test("what else is wrong is not waited for that long", async () => {
    const { tools, asked } = scene({ "/o": [gateSays(403, "ACCESS_DENIED")] });
    await prove(open.slice(0, 1), { ...tools, usageKeyDeadline: 240 });
    expect(asked.at(-1)!.at).toBeLessThanOrEqual(90_000);
  });

  test("in a gate without plans has the deadline of all", async () => {
    const { tools, asked } = scene({ "/o": [noKey] });
    await prove(open.slice(0, 1), { ...tools, deadline: 20 });
    expect(asked.at(-1)!.at).toBeLessThanOrEqual(20_000);
  });
});

test("a page's origin, and what its preflight asks for, are sent as a browser does", async () => {
  const { tools, asked } = scene({ "/p": [upstreamSays(200)] });
  const origin = "https://app.example.com";
  await prove(
    [
      check("a", { expect: "readable-refusal", origin }),
      check("p", {
        method: "OPTIONS",
        expect: "preflight",
        origin,
        header: "X-Api-Key",
        preflightFor: "POST",
      }),
    ],
    { ...tools, deadline: 0 },
  );
  expect(
    asked.map(({ method, path, headers }) => [method, path, headers]),
  ).toEqual([
    ["GET", "/a", { Origin: origin }],
    [
      "OPTIONS",
      "/p",
      {
        Origin: origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-api-key",
      },
    ],
  ]);
});

test("a check that cannot be made is not asked", async () => {
  const { tools, asked } = scene({});
  const proof = await prove(
    [check("o", { expect: "reached", notMade: "no consumer" })],
    tools,
  );
  expect(proof.results[0]).toMatchObject({
    status: "not-made",
    message: "no consumer",
    attempts: 0,
  });
  expect(proof.failed).toBe(false);
  expect(asked).toEqual([]);
});

test("closed checks are all over before any other is asked, eight at a time, in the plan's order", async () => {
  const checks = [
    check("h", { expect: "healthy" }),
    ...Array.from({ length: 40 }, (_, index) => check(`c${index}`)),
  ];
  const { tools, asked, seen } = scene({ "/h": [upstreamSays(200)] });
  const proof = await prove(checks, tools);
  expect(asked.at(-1)!.path).toBe("/h");
  expect(seen.most).toBe(8);
  expect(proof.results.map(({ id }) => id)).toEqual(
    [...checks.slice(1), checks[0]!].map(({ id }) => id),
  );
});

describe("a gate that takes no calls from this address", () => {
  const shut = gateSays(403, "ACCESS_DENIED");
  const checks = [
    check("a", { network: "gate" }),
    check("b", { network: "gate", credential: "wrong" }),
    check("h", { expect: "healthy" }),
    check("o", { expect: "accepted", credential: { consumer: "x" } }),
  ];

  test("is closed, gets no credential, and is not called proved", async () => {
    const { tools, asked } = scene({ "/a": [shut], "/b": [shut] });
    const proof = await prove(checks, tools);
    expect(proof).toMatchObject({
      broken: false,
      failed: false,
      outside: true,
    });
    expect(proof.results.map(({ status }) => status)).toEqual([
      "passed",
      "passed",
      "not-made",
      "not-made",
    ]);
    expect(proof.results[3]?.message).toContain("`network`");
    expect(asked.map(({ path }) => path)).not.toContain("/o");
  });

  test("may only not have been told of the address yet", async () => {
    const { tools } = scene({
      "/a": [shut, closed],
      "/b": [shut, closed],
      "/h": [upstreamSays(200)],
      "/o": [upstreamSays(200)],
    });
    const proof = await prove(checks, tools);
    expect(proof).not.toHaveProperty("outside");
    expect(proof.results.every(({ status }) => status === "passed")).toBe(true);
  });

  test("is broken all the same when one call gets through", async () => {
    const { tools } = scene({ "/a": [shut], "/b": [upstreamSays(200)] });
    const proof = await prove(checks, { ...tools, deadline: 1 });
    expect(proof).toMatchObject({ broken: true, failed: true });
  });
});

const bare = (bareError: BareError): Answer => ({
  ...upstreamSays(403),
  bareError,
});
const forbidden = bare("ForbiddenException");
const noPath = bare("MissingAuthenticationTokenException");

/** What calls without and with a wrong credential are answered, and the health route. */
test.each<[string, Answer, Answer, Answer | Error, string]>([
  ["a deleted stage", forbidden, forbidden, forbidden, "does not answer"],
  ["another document", noPath, noPath, noPath, "does not serve this gate"],
  ["an upstream's 403", forbidden, forbidden, upstreamSays(200), "OPEN"],
  ["an upstream's 403", noPath, noPath, upstreamSays(200), "OPEN"],
  ["an upstream that takes all", forbidden, forbidden, noPath, "OPEN"],
  ["one that says it otherwise", noPath, noPath, upstreamSays(403), "OPEN"],
  ["two shapes", forbidden, noPath, forbidden, "OPEN"],
  [
    "one call that got through",
    forbidden,
    upstreamSays(200),
    forbidden,
    "OPEN",
  ],
  ["the upstream's 401", upstreamSays(401), forbidden, forbidden, "OPEN"],
  ["a gate's own answer", forbidden, forbidden, notThereYet, "OPEN"],
  ["no answer", forbidden, forbidden, unreachable, "OPEN"],
  ["one call refused", forbidden, closed, forbidden, "does not answer"],
])("%s: %#", async (_, none, wrong, health, words) => {
  const { asked, tools } = scene({
    "/none": [none],
    "/wrong": [wrong],
    "/healthz": [health],
  });
  const proof = await prove(
    [
      check("none"),
      check("wrong", { credential: "wrong" }),
      check("open", { credential: { consumer: "a" }, expect: "accepted" }),
    ],
    tools,
  );
  const isOpen = words === "OPEN";
  expect(proof).toMatchObject({ broken: isOpen, failed: true });
  const failed = proof.results.filter(({ status }) => status === "failed");
  expect(failed.length).toBeGreaterThan(0);
  for (const { message } of failed)
    expect(message).toMatch(
      isOpen ? /^THE GATE IS OPEN/ : new RegExp(`^NOT PROVED .*${words}`),
    );
  expect(asked.filter(({ path }) => path === "/open")).toEqual([]);
  // No more than once.
  const looks = asked.filter(({ path }) => path === "/healthz");
  expect(looks.length).toBeLessThan(2);
  for (const { headers } of looks) expect(headers).toEqual({});
});

test("a gate whose every call is refused is not asked for its health on top", async () => {
  const { asked, tools } = scene({});
  await prove([check("a")], tools);
  expect(asked.map(({ path }) => path)).toEqual(["/a"]);
});
