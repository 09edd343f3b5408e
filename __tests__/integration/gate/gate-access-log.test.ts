// The access log: a line for each call, as JSON, with nothing in it that a caller wrote freely.
import { accessLogFormat } from "../../../src/gate/access-log.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { bearer, gateFor, services, tokens } from "../../fixtures/gates.ts";
import { type RunningGate, stopAll } from "../../fixtures/local-gate.ts";
import { fewInputs, gateOf, sourceOf, token } from "../../fixtures/sources.ts";

afterAll(stopAll);

type Line = Readonly<Record<string, string>>;

/** The line of the one call that was made. */
const lineOf = async ({ accessLog }: RunningGate): Promise<Line> =>
  JSON.parse(await eventually(() => accessLog.shift())) as Line;

describe("the access log", () => {
  const gate = gateFor(services("logs: { access: true }"));

  test.each<[string, string, object, object]>([
    [
      "a call that passes",
      "/openai/models",
      bearer("team-a"),
      {
        status: "200",
        error: "-",
        consumer: "team-a",
        credential: "token",
        denial: "-",
        route: "/openai/{proxy+}",
      },
    ],
    [
      "a known caller on a route that is not its own",
      "/status",
      bearer("team-a"),
      {
        status: "403",
        error: "ACCESS_DENIED",
        consumer: "team-a",
        denial: "route-not-granted",
        route: "/status",
      },
    ],
    [
      "an unknown caller",
      "/status",
      bearer("unknown"),
      { status: "401", error: "UNAUTHORIZED", consumer: "-", route: "/status" },
    ],
    [
      "an unknown path",
      "/nothing/here",
      {},
      { status: "404", error: "MISSING_AUTHENTICATION_TOKEN", route: "-" },
    ],
  ])("says of %s who called what", async (_, path, sent, expected) => {
    await gate.it.ask("GET", path, sent);
    expect(await lineOf(gate.it)).toMatchObject({
      method: "GET",
      stage: "v1",
      ip: expect.stringMatching(/^[0-9a-f.:]+$/),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...expected,
    });
  });

  test("its request id is in the authorizer's line, which has the reason of a 401", async () => {
    await gate.it.ask("GET", "/status", bearer("unknown"));
    const { requestId = "" } = await lineOf(gate.it);
    const found = () => gate.it.log.find((one) => one.includes(requestId));
    expect(await eventually(found)).toContain('"reason":"token-unknown"');
  });

  const canary = `canary","consumer":"admin","x":"`;
  const encoded = (claims: object) =>
    Buffer.from(JSON.stringify(claims)).toString("base64url");
  const forgedJwt = {
    Authorization: `Bearer ${encoded({ alg: "RS256", kid: canary })}.${encoded({ iss: canary, sub: canary })}.canary`,
  };
  test.each<[string, string, Record<string, string>]>([
    ["the path", `/openai/${encodeURIComponent(canary)}`, {}],
    ["a dotted path", `/openai/../${encodeURIComponent(canary)}`, {}],
    ["an unknown path", `/${encodeURIComponent(canary)}`, {}],
    ["the query", `/openai/a?k=${encodeURIComponent(canary)}`, {}],
    ["a query's name", `/openai/a?${encodeURIComponent(canary)}=k`, {}],
    ["User-Agent", "/openai/a", { "User-Agent": canary }],
    ["another header", "/openai/a", { "X-Canary": canary }],
    ["the credential", "/openai/a", { Authorization: `Bearer ${canary}` }],
    ["another kind of credential", "/openai/a", { "x-api-key": canary }],
    [
      "an override of the method",
      "/openai/a",
      { "X-HTTP-Method-Override": canary },
    ],
    ["the trace", "/openai/a", { "X-Amzn-Trace-Id": `Root=${canary}` }],
    ["forwarded addresses", "/openai/a", { "X-Forwarded-For": canary }],
    ["a consumer's name", "/openai/a", { "X-Gate-Consumer": canary }],
    ["an API key", "/openai/a", { "X-Api-Key": canary }],
    ["cookies", "/openai/a", { Cookie: canary }],
    ["Referer and Origin", "/openai/a", { Referer: canary, Origin: canary }],
    ["a JWT that names a consumer", "/openai/a", forgedJwt],
  ])("has nothing of what a caller writes into %s", async (_, path, more) => {
    const headers = { ...bearer("team-a").headers, ...more };
    await gate.it.ask("GET", path, { headers });
    const line = await lineOf(gate.it);
    expect(JSON.stringify(line)).not.toContain("canary");
    expect(JSON.stringify(line)).not.toContain(tokens["team-a"]);
    expect(["-", "team-a"]).toContain(line["consumer"]);
  });
});

describe("what an upstream answers with", () => {
  const forged = `canary","consumer":"admin","x":"`;
  const gate = gateFor(services("logs: { access: true }"), {
    answer: (_, response) => {
      const names = [
        "x-amzn-ErrorType",
        "x-amzn-RequestId",
        "x-amz-apigw-id",
        "X-Amzn-Trace-Id",
        "x-ai-gate-error",
        "WWW-Authenticate",
      ];
      for (const name of names) response.setHeader(name, forged);
      response
        .writeHead(403, "canary")
        .end(JSON.stringify({ message: forged }));
    },
  });

  test("is not in the log but for its status, and is no error of the gate's", async () => {
    await gate.it.ask("GET", "/openai/models", bearer("team-a"));
    const line = await lineOf(gate.it);
    expect(JSON.stringify(line)).not.toContain("canary");
    expect(line).toMatchObject({
      status: "403",
      error: "-",
      consumer: "team-a",
      denial: "-",
    });
  });
});

/** Documented (variables for access logging) as API Gateway's own: numbers, codes, addresses and what the config says. */
const safe =
  /^\$context\.(requestId|requestTimeEpoch|stage|identity\.sourceIp|httpMethod|resourcePath|status|error\.responseType|responseLatency|responseLength|integrationLatency|integration\.status|authorizer\.(integrationLatency|consumer|mode|denial))$/;

const custom = (secret: string) =>
  accessLogFormat(
    gateOf(
      sourceOf(
        fewInputs,
        `auth: { mode: custom, directory: own }
upstreams: { a: { url: https://a.example.com${secret} } }
routes: [{ path: /a, upstream: a }]`,
        {
          directory: () => [{ path: "authorizer.py", bytes: 1 }],
          file: () => "def handler(event, context): ...",
        },
      ),
    ),
  );

test("every value of the format is one of API Gateway's own, or an id or code of the gate's", () => {
  const builtIn = accessLogFormat(
    gateOf(
      sourceOf({
        ...fewInputs,
        upstream: "https://a.example.com",
        tokens: `a=${token}`,
      }),
    ),
  );
  for (const format of [builtIn, custom(""), custom(", secret: ssm:/a")])
    for (const value of Object.values(format)) expect(value).toMatch(safe);
  expect(builtIn).toHaveProperty("consumer");
});

test("what a user's own authorizer calls a caller is left out: it may hold anything", () => {
  expect(custom("")).not.toHaveProperty("credential");
  expect(custom("")).not.toHaveProperty("consumer");
  expect(custom(", secret: ssm:/a")).toHaveProperty("credential");
  expect(custom(", secret: ssm:/a")).not.toHaveProperty("consumer");
});
