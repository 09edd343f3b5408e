// Every error that the data plane can answer with, made to happen at a deployed gate: each must be the gate's own, in the
// shape that clients read and with the header by which the proof knows it.
import type { ResponseType } from "../../../local/apigateway/data/exchange.ts";
import type { Method } from "../../../local/apigateway/model.ts";
import {
  functionArn,
  integration,
  invocationUri,
  type Answer,
} from "../../fixtures/data-plane.ts";
import {
  bearer,
  consumer,
  errorHeader,
  errorOf,
  expectError,
  gateFor,
  outcome,
  source,
  tokens,
} from "../../fixtures/gates.ts";
import {
  closedHost,
  patch,
  startGate,
  stopAll,
  type RunningGate,
} from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const paths = [
  "api-key",
  "quota",
  "body",
  "parameters",
  "media",
  "address",
  "lambda",
  "limited",
  "fine",
];
const config = `
upstreams:
  any: { url: https://any.example.com }
  down: { url: https://${closedHost} }
  lost: { url: https://lost.example.com, secret: ssm:/not/there }
routes:
${paths.map((path) => `  - { path: /${path}, methods: [POST], upstream: any, stream: false }`).join("\n")}
  - { path: "/slow/{proxy+}", methods: [GET], upstream: any, stream: false, timeout: 1 }
  - { path: "/slow-stream", methods: [GET], upstream: any, timeout: 1 }
  - { path: /down, methods: [GET], upstream: down, stream: false }
  - { path: /down-stream, methods: [GET], upstream: down }
  - { path: /lost, methods: [GET], upstream: lost }
consumers:
${consumer("admin", `[${paths.map((path) => `/${path}`).join(", ")}, "/slow/**", /slow-stream, /down, /down-stream]`)}
${consumer("unlucky", "[/lost]")}
${consumer("team-b", "[/fine]")}
cors: { origins: [https://app.example.com] }
`;

const gate = gateFor(config, {
  answer: (request, response) => {
    if (request.headers["x-hang"] === undefined) response.end("{}");
  },
  intercept: async (arn, event, authorizer) => {
    if (arn !== functionArn) return { payload: "no proxy answer" };
    if (event.headers?.["Authorization"] === `Bearer ${tokens["team-a"]}`)
      return { payload: { principalId: "x", context: {} } };
    return authorizer();
  },
});

/** Parts that the gate's document never asks for, so that their errors can happen at all. */
async function provoke({
  control,
  gateway,
  apiId,
}: RunningGate): Promise<void> {
  const record = gateway.store.apis.get(apiId);
  if (!record) throw new Error("no API");
  const { resources, validators, models } = record.parts;
  const methodAt = (path: string): Method => {
    const found = [...resources.values()]
      .find((resource) => resource.path === path)
      ?.methods.get("POST");
    if (!found) throw new Error(`no POST ${path}`);
    return found;
  };
  methodAt("/api-key").apiKeyRequired = true;
  methodAt("/quota").apiKeyRequired = true;
  validators.set("all", {
    id: "all",
    name: "all",
    validateRequestBody: true,
    validateRequestParameters: true,
  });
  models.set("Thing", {
    id: "thing",
    name: "Thing",
    contentType: "application/json",
    schema: '{"type":"object","required":["a"]}',
  });
  Object.assign(methodAt("/body"), {
    requestValidatorId: "all",
    requestModels: { "application/json": "Thing" },
  });
  Object.assign(methodAt("/parameters"), {
    requestValidatorId: "all",
    requestParameters: {
      ...methodAt("/parameters").requestParameters,
      "method.request.querystring.q": true,
    },
  });
  methodAt("/media").methodIntegration = integration("MOCK", {
    passthroughBehavior: "NEVER",
    requestTemplates: { "application/json": '{"statusCode":200}' },
  });
  Object.assign(methodAt("/address").methodIntegration ?? {}, {
    uri: "https://${stageVariables.none}/",
  });
  methodAt("/lambda").methodIntegration = integration("AWS_PROXY", {
    httpMethod: "POST",
    uri: invocationUri(`${functionArn}-other`),
    credentials: "arn:aws:iam::123456789012:role/any",
  });
  await control("POST", "/deployments", { stageName: "v1" });
  const { id: planId } = await control("POST", "//usageplans", {
    name: "plan",
    apiStages: [{ apiId, stage: "v1" }],
    quota: { limit: 1, period: "DAY" },
  });
  const { id: keyId } = await control("POST", "//apikeys", {
    name: "key",
    value: apiKey,
    enabled: true,
  });
  await control("POST", `//usageplans/${String(planId)}/keys`, {
    keyId,
    keyType: "API_KEY",
  });
}

const apiKey = "api-key-0123456789abcdef";
beforeAll(() => provoke(gate.it));

const ask = (method: string, path: string, more: Record<string, string> = {}) =>
  gate.it.ask(method, path, {
    headers: { ...bearer("admin").headers, ...more },
    ...(method === "POST" ? { body: "{}" } : {}),
  });

/** A cause for each type; the compiler asks for a row for every type that the gate can word (the 413: gate-bodies.test.ts). */
const causes: Record<
  Exclude<ResponseType, "REQUEST_TOO_LARGE">,
  [status: number, type: string, causes: Record<string, () => Promise<Answer>>]
> = {
  UNAUTHORIZED: [
    401,
    "authentication_error",
    {
      "no credential": () => gate.it.ask("POST", "/fine"),
      "a wrong one": () => gate.it.ask("POST", "/fine", bearer("unknown")),
      "one of no known shape": () =>
        ask("POST", "/fine", { Authorization: "Bearer x" }),
    },
  ],
  ACCESS_DENIED: [
    403,
    "permission_error",
    {
      "another's route": () => gate.it.ask("GET", "/lost", bearer("team-b")),
      "a dot segment": () => ask("GET", "/slow/../fine"),
    },
  ],
  MISSING_AUTHENTICATION_TOKEN: [
    404,
    "not_found_error",
    {
      "no such path": () => gate.it.ask("GET", "/unknown"),
      "the root": () => gate.it.ask("GET", "/"),
      "an unknown method": () => gate.it.ask("PROPFIND", "/fine"),
      "no such path, signed": () =>
        ask("GET", "/unknown", { Authorization: "AWS4-HMAC-SHA256 x" }),
    },
  ],
  INVALID_SIGNATURE: [
    404,
    "not_found_error",
    {
      "no such path, with a credential": () => ask("GET", "/unknown"),
      "the root": () => ask("GET", "/"),
      "an unknown method": () => ask("PROPFIND", "/fine"),
      "another kind of credential": () =>
        ask("GET", "/unknown", { Authorization: "Basic dTpw" }),
    },
  ],
  THROTTLED: [
    429,
    "rate_limit_error",
    {
      "a throttled method": async () => {
        await throttle("/~1limited/POST");
        return ask("POST", "/limited");
      },
      "a throttled method without the leading slash": async () => {
        await throttle("/fine/POST");
        return ask("POST", "/fine");
      },
      "a throttled method of a nested path": async () => {
        await throttle("/~1slow~1{proxy+}/GET");
        return ask("GET", "/slow/a");
      },
    },
  ],
  QUOTA_EXCEEDED: [
    429,
    "rate_limit_error",
    {
      "a used-up plan": async () => {
        const first = await ask("POST", "/quota", { "x-api-key": apiKey });
        expect(outcome(first)).toBe("200");
        return ask("POST", "/quota", { "x-api-key": apiKey });
      },
    },
  ],
  INTEGRATION_TIMEOUT: [
    504,
    "timeout_error",
    {
      "a buffered route": () => ask("GET", "/slow/b", { "x-hang": "1" }),
      "a streamed route": () => ask("GET", "/slow-stream", { "x-hang": "1" }),
    },
  ],
  INTEGRATION_FAILURE: [
    504,
    "api_error",
    {
      "a buffered route": () => ask("GET", "/down"),
      "a streamed route": () => ask("GET", "/down-stream"),
    },
  ],
  AUTHORIZER_FAILURE: [
    500,
    "api_error",
    {
      "a secret that cannot be read": () =>
        gate.it.ask("GET", "/lost", bearer("unlucky")),
    },
  ],
  AUTHORIZER_CONFIGURATION_ERROR: [
    500,
    "api_error",
    {
      "a result without a policy": () =>
        gate.it.ask("POST", "/fine", bearer("team-a")),
    },
  ],
  API_CONFIGURATION_ERROR: [
    500,
    "api_error",
    { "no address to call": () => ask("POST", "/address") },
  ],
  BAD_REQUEST_BODY: [
    400,
    "invalid_request_error",
    { "not as the model": () => ask("POST", "/body") },
  ],
  BAD_REQUEST_PARAMETERS: [
    400,
    "invalid_request_error",
    { "a missing one": () => ask("POST", "/parameters") },
  ],
  UNSUPPORTED_MEDIA_TYPE: [
    415,
    "invalid_request_error",
    {
      "no template": () =>
        ask("POST", "/media", { "content-type": "text/csv" }),
    },
  ],
  INVALID_API_KEY: [
    403,
    "permission_error",
    {
      "no key": () => ask("POST", "/api-key"),
      "a wrong key": () => ask("POST", "/api-key", { "x-api-key": "wrong" }),
    },
  ],
  DEFAULT_4XX: [
    414,
    "invalid_request_error",
    {
      "a long URL": () => ask("POST", `/fine?${"x".repeat(10_240)}`),
      "a long method ARN": () => ask("GET", `/slow/${"x".repeat(1600)}`),
    },
  ],
  DEFAULT_5XX: [
    502,
    "api_error",
    { "a function's malformed answer": () => ask("POST", "/lambda") },
  ],
};

async function throttle(path: string): Promise<void> {
  await gate.it.control(
    "PATCH",
    "/stages/v1",
    patch(
      ["replace", `${path}/throttling/rateLimit`, "0"],
      ["replace", `${path}/throttling/burstLimit`, "0"],
    ),
  );
}

test.each(
  Object.entries(causes).flatMap(([type, [status, kind, each]]) =>
    Object.entries(each).map(
      ([cause, make]) =>
        [type as ResponseType, cause, status, kind, make] as const,
    ),
  ),
)("%s, by %s, is %d %s", async (type, _cause, status, kind, make) => {
  // Throttles of other rows are gone.
  gate.it.pass(3600);
  await reset();
  const answer = await make();
  expect(answer.status).toBe(status);
  expectError(answer, type);
  expect(JSON.parse(answer.body)).toMatchObject({
    type: "error",
    error: { type: kind },
  });
  expect(answer.headers).toMatchObject({
    "access-control-allow-origin": "https://app.example.com",
    vary: "Origin",
  });
  // No internals of the gate are in the answer.
  expect(answer.body).not.toMatch(/example\.com|arn:|lambda|\/not\/there/i);
});

/** Takes away the stage's own method settings. */
async function reset(): Promise<void> {
  const stage = await gate.it.control("GET", "/stages/v1");
  const keys = Object.keys(stage["methodSettings"] as object);
  for (const key of keys.filter((name) => name !== "*/*"))
    await gate.it.control("PATCH", "/stages/v1", {
      patchOperations: [{ op: "remove", path: `/${key}` }],
    });
}

test("headers over 10 KB are a DEFAULT_4XX with a status of their own", async () => {
  const answer = await ask("POST", "/fine", { "x-long": "x".repeat(10_240) });
  expect(answer.status).toBe(431);
  expectError(answer, "DEFAULT_4XX");
});

test("a refusal of HEAD has its header, and no body", async () => {
  const answer = await gate.it.ask("HEAD", "/fine");
  expect(answer).toMatchObject({ status: 405, body: "" });
  expect(errorOf(answer)).toBe("METHOD_NOT_ALLOWED");
  expect(answer.headers[errorHeader]).toContain(gate.it.marker);
});

test("the stage's throttle holds for each method, with its burst", async () => {
  const config = `throttle: { rate: 0.001, burst: 2 }
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, methods: [GET, POST], upstream: a }]
consumers:
${consumer("admin")}`;
  const limited = await startGate(source(config));
  const statuses: number[] = [];
  const ask = async (method: string) =>
    statuses.push((await limited.ask(method, "/a", bearer("admin"))).status);
  for (const method of ["GET", "GET", "GET", "POST"]) await ask(method);
  limited.pass(1000);
  for (const method of ["GET", "GET"]) await ask(method);
  expect(statuses).toEqual([200, 200, 429, 200, 200, 429]);
});

test("an upstream's own errors do not look like the gate's", async () => {
  const config = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: "/{status}", methods: [GET], upstream: a }, { path: "/buffered/{status}", methods: [GET], upstream: a, stream: false }]
consumers:
${consumer("admin")}`;
  const upstream = await startGate(source(config), {
    answer: (request, response) => {
      response.writeHead(Number(request.headers["x-status"]), {
        "content-type": "text/plain",
        // What every gate of an older version said.
        [errorHeader]: "UNAUTHORIZED",
        "www-authenticate": "Basic",
      });
      response.end("the upstream says no");
    },
  });
  for (const status of ["400", "401", "403", "404", "429", "500", "504"])
    for (const path of ["/x", "/buffered/x"]) {
      const answer = await upstream.ask("GET", path, {
        headers: { ...bearer("admin").headers, "x-status": status },
      });
      expect(answer).toMatchObject({
        status: Number(status),
        body: "the upstream says no",
        headers: { "content-type": "text/plain" },
      });
      expect(answer.headers[errorHeader]).not.toContain(upstream.marker);
      expect(answer.headers).not.toHaveProperty("www-authenticate");
    }
});
