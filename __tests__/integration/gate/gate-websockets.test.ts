// Clients that ask for a WebSocket first, as Codex does: 426 from API Gateway alone wherever no route's GET is taken away by it, and
// nothing that it opens.
import {
  bearer,
  type Caller,
  consumer,
  denied,
  expectError,
  gateFor,
  messageOf,
  notAllowed,
  outcome,
  tokens,
  unauthorized,
  valuesOf,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const page = "https://app.example.com";
const config = (more = "") => `${more}
upstreams:
  openai: { kind: openai, secret: ssm:/ai/anthropic }
  azure: { kind: azure-openai, url: https://r.openai.azure.com/openai }
  own: { kind: openai, url: https://llm.example.com/v1 }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST, DELETE], upstream: openai }
  - { path: "/azure/{proxy+}", methods: [GET, POST], upstream: azure }
  - { path: "/own/{proxy+}", methods: [GET, POST], upstream: own }
  - { path: "/chat/{proxy+}", methods: [POST], upstream: own }
  - { path: "/mine/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: /mine/responses, methods: [GET], upstream: own }
consumers:
${consumer("admin")}
${consumer("team-a", '["/openai/responses", "/chat/**"]')}
`;
const gate = gateFor(config());
beforeEach(() => void gate.it.asked.splice(0));

/** As tungstenite (Codex), Go's net/http and HTTP/2 write the name. */
const spellings = [
  "Sec-WebSocket-Key",
  "Sec-Websocket-Key",
  "sec-websocket-key",
];
const handshake = (name = "Sec-WebSocket-Key") => ({
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  [name]: "dGhlIHNhbXBsZSBub25jZQ==",
});
const as = (caller?: Caller) => (caller ? bearer(caller).headers : {});

const own = [
  ["/openai/responses", "POST, DELETE"],
  ["/openai/responses/", "POST, DELETE"],
  ["/azure/responses", "POST"],
  ["/azure/v1/responses", "POST"],
  ["/chat/responses", "POST"],
  ["/chat/anything/else", "POST"],
] as const;

describe.each(own)("GET %s", (path, allow) => {
  test.each(spellings)("is 426 with %s, whoever asks", async (name) => {
    for (const caller of [undefined, "admin", "team-a", "unknown"] as const) {
      const answer = await gate.it.ask("GET", path, {
        headers: { ...as(caller), ...handshake(name) },
      });
      expect(answer.status).toBe(426);
      expectError(answer, "WEBSOCKET");
      expect(messageOf(answer)).toBe(
        `The gate does not take WebSocket calls: use HTTP (${allow}).`,
      );
      expect(answer.headers).toMatchObject({
        allow,
        "x-should-retry": "false",
      });
    }
    expect([...gate.it.seen, ...gate.it.asked]).toEqual([]);
  });

  test("is 405 without a handshake", async () => {
    for (const headers of [
      {},
      as("admin"),
      { Upgrade: "websocket", Connection: "Upgrade" },
      { "Sec-WebSocket-Version": "13" },
      { "Sec-WebSocket-Key": "" },
    ])
      expect(outcome(await gate.it.ask("GET", path, { headers }))).toBe(
        notAllowed,
      );
    expect([...gate.it.seen, ...gate.it.asked]).toEqual([]);
  });
});

test.each(["POST", "DELETE"])(
  "%s of that path goes to the service, by the same rules",
  async (method) => {
    const ask = async (path: string, headers: object) =>
      outcome(await gate.it.ask(method, path, { headers: { ...headers } }));
    const path = "/openai/responses";
    expect(await ask(path, {})).toBe(unauthorized);
    expect(await ask(path, as("unknown"))).toBe(unauthorized);
    expect(await ask(path, { ...handshake() })).toBe(unauthorized);
    // A handshake is a GET: the header of one beside another method is a mistake.
    for (const name of spellings)
      expect(await ask(path, { ...as("team-a"), ...handshake(name) })).toBe(
        denied,
      );
    expect(gate.it.seen).toEqual([]);
    expect(await ask(path, as("team-a"))).toBe("200");
    expect(await ask(`${path}/`, as("admin"))).toBe("200");
    expect(
      gate.it.seen.map((seen) => [
        seen.method,
        seen.url,
        ...valuesOf(seen, "x-gate-consumer"),
      ]),
    ).toEqual([
      [method, "/v1/responses", "team-a"],
      [method, "/v1/responses", "admin"],
    ]);
  },
);

test.each([
  ["GET", "/openai/responses/resp_1", "api.openai.com"],
  ["GET", "/openai/responses/resp_1/input_items", "api.openai.com"],
  ["GET", "/openai/responsesx", "api.openai.com"],
  ["GET", "/openai/models", "api.openai.com"],
  ["GET", "/own/responses", "llm.example.com"],
  ["GET", "/mine/responses", "llm.example.com"],
])("%s %s is the service's, as ever", async (method, path, host) => {
  expect(outcome(await gate.it.ask(method, path))).toBe(unauthorized);
  const refused = await gate.it.ask(method, path, {
    headers: { ...as("admin"), ...handshake() },
  });
  expect(outcome(refused)).toBe(denied);
  expect(messageOf(refused)).toContain("does not take WebSocket calls");
  expect(gate.it.seen).toEqual([]);
  const answer = await gate.it.ask(method, path, bearer("admin"));
  expect(outcome(answer)).toBe("200");
  expect(gate.it.seen).toMatchObject([{ headers: { host } }]);
});

test.each(["HEAD", "PUT", "PATCH", "OPTIONS"])(
  "%s of the path is what it is beside it",
  async (method) => {
    const [at, beside] = await Promise.all(
      ["/openai/responses", "/openai/other"].map(async (path) => {
        const headers = { ...as("admin"), ...handshake() };
        const answer = await gate.it.ask(method, path, { headers });
        return [outcome(answer), answer.headers["allow"]];
      }),
    );
    expect(at).toEqual(beside);
    expect(gate.it.seen).toEqual([]);
  },
);

test.each([
  "/openai/responses%2f",
  "/openai/%72esponses",
  "/openai//responses",
  "/openai/./responses",
  "/openai/x/../responses",
  "/openai/responses;x",
])("%s is not the open path", async (path) => {
  expect(outcome(await gate.it.ask("GET", path))).toBe(unauthorized);
  expect(gate.it.seen).toEqual([]);
});

test("the header in the query asks for nothing but the same answer", async () => {
  const answer = await gate.it.ask(
    "GET",
    "/openai/responses?sec-websocket-key=x",
  );
  expect([405, 426]).toContain(answer.status);
  expect([...gate.it.seen, ...gate.it.asked]).toEqual([]);
});

describe.each(["before-routing", "after-authorizer"] as const)(
  "X-HTTP-Method-Override, read %s",
  (methodOverride) => {
    const played = gateFor(config(), { readings: { methodOverride } });

    test.each(["POST", "DELETE", "PUT"])(
      "does not turn the open answer into %s",
      async (method) => {
        for (const caller of [undefined, "unknown"] as const)
          await played.it.ask("GET", "/openai/responses", {
            headers: {
              ...as(caller),
              ...handshake(),
              "X-HTTP-Method-Override": method,
            },
          });
        expect(played.it.seen).toEqual([]);
      },
    );
  },
);

describe("with cors", () => {
  const cors = gateFor(
    config(`cors: { origins: [${page}, https://b.example.com] }`),
  );

  test("a page may read the answer; the preflight is that of the route around it", async () => {
    const answer = await cors.it.ask("GET", "/openai/responses", {
      headers: { Origin: page, ...handshake() },
    });
    expect(answer.status).toBe(426);
    expect(answer.headers["access-control-allow-origin"]).toBe(page);
    const preflight = await cors.it.ask("OPTIONS", "/openai/responses", {
      headers: { Origin: page },
    });
    expect(preflight.headers["access-control-allow-methods"]).toBe(
      "GET,POST,DELETE",
    );
  });
});

test("a token that stands in the handshake goes nowhere", async () => {
  for (const path of ["/openai/responses", "/chat/x"]) {
    const answer = await gate.it.ask("GET", path, {
      headers: {
        ...handshake(),
        "sec-websocket-protocol": `openai-insecure-api-key.${tokens.admin}`,
      },
    });
    expect(answer.status).toBe(426);
    expect(JSON.stringify(answer)).not.toContain(tokens.admin);
  }
  expect([...gate.it.seen, ...gate.it.asked]).toEqual([]);
});
