// A known path with a method that no route takes: 405 with the methods there are, from API Gateway alone.
import {
  bearer,
  consumer,
  errorHeader,
  expectError,
  gateFor,
  messageOf,
  noRoute,
  notAllowed,
  outcome,
  tokens,
  unauthorized,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const config = (more = "") => `${more}
upstreams: { a: { url: https://a.example.com/v1 }, b: { url: https://b.example.com } }
routes:
  - { path: "/openai/{proxy+}", methods: [POST], upstream: a }
  - { path: /openai/models, methods: [GET], upstream: b }
  - { path: /status, methods: [GET, HEAD], upstream: b }
consumers:
${consumer("admin")}
${consumer("team-a", '["/openai/**"]')}
`;

const one = "https://app.example.com";
const gates = {
  plain: gateFor(config()),
  cors: gateFor(config(`cors: { origins: [${one}] }`)),
  several: gateFor(
    config(`cors: { origins: [${one}, https://b.example.com] }`),
  ),
};
const { plain: gate } = gates;

test.each([
  ["GET", "/openai/chat/completions", "POST"],
  ["DELETE", "/openai/models", "GET, POST"],
  ["GET", "/openai/models/x", "POST"],
  ["POST", "/status", "GET, HEAD"],
  ["PUT", "/status/", "GET, HEAD"],
  ["OPTIONS", "/status", "GET, HEAD"],
  ["POST", "/healthz", "GET, HEAD"],
])("%s %s is 405 and names %s", async (method, path, allow) => {
  for (const sent of [{}, bearer("team-a"), bearer("unknown")]) {
    const answer = await gate.it.ask(method, path, sent);
    expect(outcome(answer)).toBe(notAllowed);
    expectError(answer, "METHOD_NOT_ALLOWED");
    expect(answer.headers).toMatchObject({
      allow,
      "x-should-retry": "false",
      [errorHeader]: `METHOD_NOT_ALLOWED ${gate.it.marker}`,
    });
    expect(messageOf(answer)).toContain(`use ${allow}.`);
    expect(answer.body).toContain('"type":"invalid_request_error"');
  }
  expect(gate.it.seen).toEqual([]);
  expect(gate.it.asked.splice(0)).toEqual([]);
});

test("a method of a wider route goes there, by the same list", async () => {
  const path = "/openai/models";
  expect(outcome(await gate.it.ask("POST", path, bearer("team-a")))).toBe(
    "200",
  );
  expect(gate.it.seen).toMatchObject([{ method: "POST", url: "/v1/models" }]);
  expect(outcome(await gate.it.ask("POST", path))).toBe(unauthorized);
});

test.each(["PROPFIND", "GET"])("%s of no path is 404 still", async (method) => {
  expect(outcome(await gate.it.ask(method, "/unknown"))).toBe(noRoute);
});

test.each([
  ["application/json", '{"model":"x"}', 405],
  ["multipart/form-data; boundary=x", Buffer.from([0, 255, 1]), 405],
  ["application/octet-stream", Buffer.from([0, 255, 1]), 405],
  ["text/plain", "x", 405],
  // Templates have no wildcard.
  ["audio/wav", Buffer.from([0, 255, 1]), 415],
  ["text/csv", "a,b", 415],
])("with a body of %s it is %d", async (type, body, status) => {
  const answer = await gate.it.ask("POST", "/status", {
    headers: { "content-type": type },
    body,
  });
  expect(answer.status).toBe(status);
  expectError(
    answer,
    status === 405 ? "METHOD_NOT_ALLOWED" : "UNSUPPORTED_MEDIA_TYPE",
  );
});

test("health with an unusual type is 415 and says so", async () => {
  const answer = await gate.it.ask("GET", "/healthz", {
    headers: { "content-type": "application/vnd.acme+json" },
  });
  expect(answer.status).toBe(415);
  expectError(answer, "UNSUPPORTED_MEDIA_TYPE");
  expect(messageOf(answer)).toContain("Content-Type");
});

test.each(["cors", "several"] as const)("a page reads it: %s", async (name) => {
  const answer = await gates[name].it.ask("DELETE", "/status", {
    headers: { Origin: one },
  });
  expectError(answer, "METHOD_NOT_ALLOWED");
  expect(answer.headers).toMatchObject({
    "access-control-allow-origin": one,
    vary: "Origin",
  });
  expect(answer.headers["access-control-expose-headers"]).toMatch(
    /^Allow,x-ai-gate-error,/,
  );
  const elsewhere = await gates[name].it.ask("DELETE", "/status", {
    headers: { Origin: "https://evil.example.com" },
  });
  expectError(elsewhere, "METHOD_NOT_ALLOWED");
  expect(elsewhere.headers["access-control-allow-origin"]).not.toBe(
    "https://evil.example.com",
  );
  expect(
    outcome(
      await gates[name].it.ask("OPTIONS", "/status", {
        headers: { Origin: one },
      }),
    ),
  ).toBe("200");
});

describe.each(["before-routing", "after-authorizer"] as const)(
  "X-HTTP-Method-Override, read %s, does not turn an open answer into a route",
  (methodOverride) => {
    const played = gateFor(config(`cors: { origins: [${one}] }`), {
      readings: { methodOverride },
    });

    test.each([
      ["DELETE", "/status", "GET"],
      ["OPTIONS", "/status", "GET"],
      ["GET", "/openai/x", "POST"],
      ["OPTIONS", "/openai/x", "POST"],
    ])("%s %s as %s", async (method, path, override) => {
      const named = { "X-HTTP-Method-Override": override };
      for (const headers of [
        named,
        { ...named, ...bearer("unknown").headers },
        { ...named, Authorization: `Bearer ${tokens.past}` },
      ])
        expect(outcome(await played.it.ask(method, path, { headers }))).toBe(
          unauthorized,
        );
      expect(played.it.seen).toEqual([]);
    });
  },
);
