// A private gate: it answers through its VPC endpoints alone, and there the authorizer decides as ever.
import { evaluate } from "../../../local/apigateway/data/policy.ts";
import { buildResourcePolicy } from "../../../src/gate/openapi/resource-policy.ts";
import {
  functionArn,
  invocationUri,
  type Answer,
} from "../../fixtures/data-plane.ts";
import {
  startGate,
  stopAll,
  type GateOptions,
  type RunningGate,
} from "../../fixtures/local-gate.ts";
import {
  fewInputs,
  gateOf,
  otherToken,
  pythonHandler,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

afterAll(stopAll);

const [own, second, strange] = [
  "vpce-0123456789abcdef0",
  "vpce-0fedcba9876543210",
  "vpce-0aaaaaaaaaaaaaaaa",
];
const config = (more = "") => `${more}
endpoint: private
vpc-endpoints: [${own}, ${second}]
cors: { origins: [https://app.example.com] }
upstreams:
  a: { url: https://a.example.com/v1 }
  tools: { kind: mcp, url: https://mcp.example.com/mcp }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
  - { path: /score, methods: [POST], upstream: a }
  - { path: /mcp, upstream: tools }
auth: { issuers: { staff: { issuer: https://login.example.com, audience: gate, jwks-uri: "https://login.example.com/keys" } } }
consumers:
  - { id: a, token: { env: TEAM_A_TOKEN } }
  - { id: b, token: { env: TEAM_B_TOKEN }, routes: [/score] }
  - { id: c, jwt: { issuer: staff, claims: { sub: c } } }
`;

interface Place {
  readonly through: string | undefined;
  readonly ip?: string;
}

let place: Place = { through: own };
const start = (text: string, options: GateOptions = {}) =>
  startGate(sourceOf(fewInputs, text), {
    sourceIp: () => place.ip ?? "10.1.2.3",
    vpcEndpoint: () => place.through,
    ...options,
  });
const bearer = { Authorization: `Bearer ${token}` };
const from = (
  gate: RunningGate,
  now: Place,
  method: string,
  path: string,
  headers: Record<string, string> = bearer,
): Promise<Answer> => {
  place = now;
  return gate.ask(method, path, { headers });
};

const calls = [
  ["POST", "/openai/chat"],
  ["GET", "/openai/models"],
  ["POST", "/score"],
  ["GET", "/healthz"],
  ["OPTIONS", "/openai/chat"],
  ["DELETE", "/score"],
  ["POST", "/mcp"],
  ["GET", "/.well-known/oauth-protected-resource/mcp"],
] as const;

describe("a private gate", () => {
  let gate: RunningGate;
  beforeAll(async () => {
    gate = await start(config());
  });

  test.each([own, second])("takes calls through %s", async (through) => {
    const answer = await from(gate, { through }, "POST", "/openai/chat");
    expect(answer.status).toBe(200);
  });

  test.each([
    ["the internet", undefined],
    ["another VPC endpoint", strange],
    ["what starts like one of them", `${own}0`],
  ])("keeps calls through %s from the authorizer", async (_, through) => {
    const [asked, seen] = [gate.asked.length, gate.seen.length];
    const forged = {
      ...bearer,
      "x-amzn-vpce-id": own,
      "x-apigw-api-id": gate.apiId,
      "X-Forwarded-For": "10.1.2.3",
    };
    for (const headers of [bearer, {}, forged])
      for (const [method, path] of calls) {
        const answer = await from(gate, { through }, method, path, headers);
        expect([method, path, answer.status]).toEqual([method, path, 403]);
      }
    expect(gate.asked).toHaveLength(asked);
    expect(gate.seen).toHaveLength(seen);
  });

  test("answers as any gate to those it takes calls of", async () => {
    const answers = await Promise.all(
      calls.map(async ([method, path]) => {
        const { status } = await from(gate, { through: own }, method, path, {});
        return [method, path, status].join(" ");
      }),
    );
    expect(answers).toEqual([
      "POST /openai/chat 401",
      "GET /openai/models 401",
      "POST /score 401",
      "GET /healthz 200",
      "OPTIONS /openai/chat 200",
      "DELETE /score 405",
      "POST /mcp 401",
      "GET /.well-known/oauth-protected-resource/mcp 200",
    ]);
  });

  test("lets nobody do more, although the policy allows all calls", async () => {
    const other = { Authorization: `Bearer ${otherToken}` };
    const ask = async (path: string, headers: Record<string, string>) =>
      (await from(gate, { through: own }, "POST", path, headers)).status;
    expect(await ask("/score", other)).toBe(200);
    expect(await ask("/openai/chat", other)).toBe(403);
    expect(await ask("/openai/v1/OPTIONS/x", other)).toBe(403);
    expect(await ask("/score", { Authorization: "Bearer nobody-01234" })).toBe(
      401,
    );
  });
});

test("a cached answer does not let another call through", async () => {
  const gate = await start(
    config().replace("auth: {", "auth: { cache-ttl: 300,"),
  );
  const ask = async (path: string, secret: string) => {
    const headers = { Authorization: `Bearer ${secret}` };
    return (await from(gate, { through: own }, "POST", path, headers)).status;
  };
  expect(await ask("/score", otherToken)).toBe(200);
  expect(await ask("/openai/chat", otherToken)).toBe(403);
  expect(await ask("/openai/chat", token)).toBe(200);
  expect(await ask("/openai/chat", otherToken)).toBe(403);
});

test("networks are those of the VPC", async () => {
  const gate = await start(config("network: { allow: [10.0.0.0/8] }"));
  const ask = async (ip: string, through: string | undefined = own) =>
    (await from(gate, { through, ip }, "POST", "/openai/chat")).status;
  expect(await ask("10.1.2.3")).toBe(200);
  expect(await ask("11.1.2.3")).toBe(403);
  expect(await ask("10.1.2.3", strange)).toBe(403);
});

test("the policy denies first, and allows each call through an endpoint", () => {
  const text = config("network: { deny: [10.66.0.0/16] }");
  const gate = gateOf(sourceOf(fewInputs, text));
  const policy = buildResourcePolicy(gate, invocationUri(functionArn));
  const verdict = (rest: string, vpcEndpoint?: string, sourceIp = "10.1.2.3") =>
    evaluate(policy?.Statement ?? [], {
      arn: `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/${rest}`,
      sourceIp,
      vpcEndpoint,
    });
  expect(verdict("v1/POST/score", own)).toBe("Allow");
  expect(verdict("v1/GET/healthz", second)).toBe("Allow");
  expect(verdict("v2/POST/score", own)).toBe("Neither");
  expect(verdict("v1/POST/score", strange)).toBe("Deny");
  expect(verdict("v1/POST/score")).toBe("Deny");
  expect(verdict("v1/POST/score", own, "10.66.1.1")).toBe("Deny");
});

test("the policy of many endpoints and networks fits into what API Gateway takes", () => {
  const ids = Array.from(
    { length: 10 },
    (_, at) => `vpce-0123456789abcdef${at}`,
  );
  const block = (at: number) =>
    `"2001:db8:1234:5678:9abc:def0:1234:56${String(at + 10)}/128"`;
  const list = Array.from({ length: 50 }, (_, at) => block(at)).join(", ");
  const text = config(`network: { allow: [${list}], deny: [${list}] }`).replace(
    `[${own}, ${second}]`,
    `[${ids.join(", ")}]`,
  );
  const gate = gateOf(sourceOf(fewInputs, text));
  const policy = buildResourcePolicy(gate, invocationUri(functionArn));
  expect(JSON.stringify(policy).length).toBeLessThan(8192);
});

test("a user's own authorizer has the gate's in front: the policy stands for no answer of its own", async () => {
  const text = `endpoint: private
vpc-endpoints: [${own}]
auth: { mode: custom, type: request, directory: ./authorizer }
upstreams: { a: { url: https://a.example.com/v1 } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
`;
  const workspace = workspaceOf({ "authorizer/authorizer.py": pythonHandler });
  let silent = false;
  const gate = await startGate(sourceOf(fewInputs, text, workspace), {
    vpcEndpoint: () => place.through,
    custom: ({ methodArn }) => ({
      payload: {
        principalId: "somebody",
        policyDocument: {
          Version: "2012-10-17",
          Statement: [
            {
              Effect: "Allow",
              Action: "execute-api:Invoke",
              Resource: silent ? `${methodArn}/other` : methodArn,
            },
          ],
        },
      },
    }),
  });
  const call = async () =>
    (await from(gate, { through: own }, "GET", "/openai/x")).status;
  expect(await call()).toBe(200);
  silent = true;
  expect(await call()).toBe(403);
});
