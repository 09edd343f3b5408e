// Networks on a deployed gate: the API's own policy stands before the authorizer, and both decide by the caller's address alone.
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

const config = (network: string, { more = "", team = "" } = {}) => `${more}
${network && `network: ${network}`}
cors: { origins: [https://app.example.com] }
upstreams: { a: { url: https://a.example.com/v1 } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
  - { path: /score, methods: [POST], upstream: a }
  - { path: "/models/{id}", methods: [GET], upstream: a }
  - { path: "/models/{id}/files", methods: [GET, POST], upstream: a }
consumers:
  - { id: a, token: { env: TEAM_A_TOKEN } ${team && `, network: ${team}`} }
  - { id: b, token: { env: TEAM_B_TOKEN } }
`;

const networks = `{ allow: [10.0.0.0/8, "2001:db8::/32"], deny: [10.66.0.0/16] }`;

let address = "10.1.2.3";
const start = (text: string, options: GateOptions = {}) =>
  startGate(sourceOf(fewInputs, text), {
    sourceIp: () => address,
    ...options,
  });
const bearer = { Authorization: `Bearer ${token}` };
const from = (
  gate: RunningGate,
  sourceIp: string,
  method: string,
  path: string,
  headers: Record<string, string> = bearer,
): Promise<Answer> => {
  address = sourceIp;
  return gate.ask(method, path, { headers });
};

describe("a gate with networks", () => {
  let gate: RunningGate;
  beforeAll(async () => {
    gate = await start(config(networks));
  });

  test.each(["10.1.2.3", "2001:db8::1"])("takes calls from %s", async (ip) => {
    const answer = await from(gate, ip, "POST", "/openai/chat");
    expect(answer.status).toBe(200);
  });

  test.each([
    ["another network", "11.0.0.1"],
    ["another network of IPv6", "2001:db9::1"],
    ["a denied network", "10.66.0.1"],
    ["the machine itself", "127.0.0.1"],
    ["the machine itself, of IPv6", "::1"],
  ])("keeps %s from the authorizer", async (_, ip) => {
    const [asked, seen] = [gate.asked.length, gate.seen.length];
    const forged = { ...bearer, "X-Forwarded-For": "10.1.2.3" };
    for (const headers of [bearer, {}, forged])
      for (const [method, path] of [
        ["POST", "/openai/chat"],
        ["GET", "/openai/models"],
        ["POST", "/score"],
        ["GET", "/healthz"],
        ["OPTIONS", "/openai/chat"],
        ["DELETE", "/score"],
        ["GET", "/score"],
        ["POST", "/healthz"],
      ] as const) {
        const answer = await from(gate, ip, method, path, headers);
        expect([method, path, answer.status]).toEqual([method, path, 403]);
        expect(answer.headers["x-ai-gate-error"]).toContain("ACCESS_DENIED");
        expect(answer.body).toContain("does not take this call from this");
        expect(answer.headers["allow"]).toBeUndefined();
      }
    expect(gate.asked).toHaveLength(asked);
    expect(gate.seen).toHaveLength(seen);
  });

  test("answers itself as before to those it takes calls of", async () => {
    const statuses = await Promise.all(
      (
        [
          ["GET", "/healthz"],
          ["HEAD", "/healthz"],
          ["OPTIONS", "/openai/chat"],
          ["OPTIONS", "/healthz"],
          // No route of the gate has it, so it needs no other policy.
          ["DELETE", "/score"],
          ["PATCH", "/openai/chat"],
          ["GET", "/score"],
          ["POST", "/healthz"],
          ["DELETE", "/models/m"],
          ["GET", "/models/m/files"],
          // As a policy names it, it could be a route's path: all below /models may be GET.
          ["POST", "/models/m"],
          ["GET", "/nowhere"],
        ] as const
      ).map(async ([method, path]) => {
        const { status } = await from(gate, "10.1.2.3", method, path, {});
        return [method, path, status].join(" ");
      }),
    );
    expect(statuses).toEqual([
      "GET /healthz 200",
      "HEAD /healthz 200",
      "OPTIONS /openai/chat 200",
      "OPTIONS /healthz 405",
      "DELETE /score 405",
      "PATCH /openai/chat 405",
      "GET /score 405",
      "POST /healthz 405",
      "DELETE /models/m 405",
      "GET /models/m/files 401",
      "POST /models/m 403",
      "GET /nowhere 404",
    ]);
  });

  test("names the methods of a path to those it takes calls of", async () => {
    const answer = await from(gate, "10.1.2.3", "GET", "/score", {});
    expect(answer.headers["allow"]).toBe("POST");
    expect(answer.body).toContain("use POST.");
  });

  test("asks for a credential all the same", async () => {
    for (const path of [
      "/openai/chat",
      // Stage and method of what the policy allows, as part of a path.
      "/openai/v1/OPTIONS/x",
      "/openai/x:0123456789/v1/OPTIONS/x",
      "/openai/v1/GET/healthz",
      "/openai/v1/DELETE/x",
      "/openai/v1/GET/score",
      "/openai/%2e%2e/score",
    ]) {
      const answer = await from(gate, "10.1.2.3", "GET", path, {});
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});

test("what needs no authorizer is all that the policy allows", () => {
  const gate = gateOf(sourceOf(fewInputs, config(networks)));
  const policy = buildResourcePolicy(gate, invocationUri(functionArn));
  const arn = (rest: string) =>
    `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/${rest}`;
  const verdict = (rest: string, sourceIp: string) =>
    evaluate(policy?.Statement ?? [], { arn: arn(rest), sourceIp });
  for (const rest of [
    "v1/OPTIONS/openai/x",
    "v1/GET/healthz",
    "v1/PUT/score",
    "v1/GET/score",
  ])
    expect([rest, verdict(rest, "10.1.2.3")]).toEqual([rest, "Allow"]);
  for (const rest of [
    "v1/GET/openai/x",
    "v1/POST/score",
    "v1/GET/openai/v1/OPTIONS/x",
    "v1/GET/openai/v1/PUT/x",
    "v1/GET/openai/:a1b2c3d4e5/v1/PUT/x",
    "v1/GET/healthz/x",
    "v1/GET/score/x",
    "v1/GET/openai/v1/GET/score",
    "v1/POST/models/m",
    "v1/POST/models/m/files",
    "v1/GET/x/v1/GET/healthz",
    "v2/OPTIONS/openai/x",
    "v1/POST/a1b2c3d4e5/v1/OPTIONS/x",
  ]) {
    expect([rest, verdict(rest, "10.1.2.3")]).toEqual([rest, "Neither"]);
    expect([rest, verdict(rest, "11.1.2.3")]).toEqual([rest, "Deny"]);
  }
});

test("the policy and its documents fit into what API Gateway takes", () => {
  const block = (at: number) =>
    `"2001:db8:1234:5678:9abc:def0:1234:56${String(at + 10)}/128"`;
  const list = Array.from({ length: 50 }, (_, at) => block(at)).join(", ");
  const text = config(`{ allow: [${list}], deny: [${list}] }`);
  const gate = gateOf(sourceOf(fewInputs, text));
  const policy = buildResourcePolicy(gate, invocationUri(functionArn));
  expect(JSON.stringify(policy).length).toBeLessThan(8192);
});

test("of many routes the policy has what fits", () => {
  const routes = Array.from(
    { length: 200 },
    (_, at) =>
      `  - { path: /route-${at}, methods: [${at % 2 ? "GET" : "POST"}], upstream: a }\n`,
  );
  const text = config(networks).replace(
    "routes:\n",
    () => `routes:\n${routes.join("")}`,
  );
  const gate = gateOf(sourceOf(fewInputs, text));
  const policy = buildResourcePolicy(gate, invocationUri(functionArn));
  const resources = policy?.Statement.at(-1)?.Resource;
  expect(JSON.stringify(policy).length).toBeLessThan(8192);
  expect(resources).toHaveLength(7);
  const arn = (rest: string) =>
    `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/${rest}`;
  const verdict = (rest: string) =>
    evaluate(policy?.Statement ?? [], { arn: arn(rest), sourceIp: "10.1.2.3" });
  expect(verdict("v1/GET/healthz")).toBe("Allow");
  expect(verdict("v1/GET/score")).toBe("Neither");
});

test("without networks there is no policy, and addresses do not matter", async () => {
  const gate = await start(config(""));
  const answer = await from(gate, "not an address", "POST", "/openai/chat");
  expect(answer.status).toBe(200);
  const { policy } = await gate.control("GET", "");
  expect(policy).toBeUndefined();
});

test("a consumer's networks bind it alone, and are said to nobody", async () => {
  const gate = await start(config("", { team: "{ allow: [10.0.0.0/8] }" }));
  const inside = await from(gate, "10.1.2.3", "POST", "/openai/chat");
  const outside = await from(gate, "11.1.2.3", "POST", "/openai/chat", {
    ...bearer,
    "X-Forwarded-For": "10.1.2.3",
  });
  const nobody = await from(gate, "11.1.2.3", "POST", "/openai/chat", {
    Authorization: "Bearer nobody-0123456789",
  });
  const other = await from(gate, "11.1.2.3", "POST", "/openai/chat", {
    Authorization: `Bearer ${otherToken}`,
  });
  expect([inside, outside, nobody, other].map(({ status }) => status)).toEqual([
    200, 401, 401, 200,
  ]);
  expect(outside.body).toBe(nobody.body);
  const plain = ({ headers }: Answer) =>
    Object.keys(headers).filter((name) => name !== "date");
  expect(plain(outside)).toEqual(plain(nobody));
  expect(gate.log.join("\n")).toContain('"reason":"consumer-network"');
});

test("a cached answer is for the address that it was given to", async () => {
  const gate = await start(
    config("", {
      more: "auth: { cache-ttl: 300 }",
      team: "{ allow: [10.0.0.0/8] }",
    }),
  );
  const call = (ip: string) => from(gate, ip, "POST", "/openai/chat");
  expect((await call("10.1.2.3")).status).toBe(200);
  expect((await call("10.1.2.3")).status).toBe(200);
  expect(gate.asked).toHaveLength(1);
  expect((await call("11.1.2.3")).status).toBe(401);
  expect(gate.asked).toHaveLength(2);
});

test("a user's own authorizer has the gate's in front, which knows the networks", async () => {
  const text = `network: ${networks}
auth: { mode: custom, type: request, directory: ./authorizer }
upstreams: { a: { url: https://a.example.com/v1 } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
`;
  const workspace = workspaceOf({ "authorizer/authorizer.py": pythonHandler });
  let silent = false;
  const gate = await startGate(sourceOf(fewInputs, text, workspace), {
    sourceIp: () => address,
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
  const call = (ip: string) => from(gate, ip, "GET", "/openai/v1/OPTIONS/x");
  expect((await call("10.1.2.3")).status).toBe(200);
  expect((await call("11.1.2.3")).status).toBe(403);
  // The policy of the API must not stand for an answer that the authorizer does not give.
  silent = true;
  expect((await call("10.1.2.3")).status).toBe(403);
});
