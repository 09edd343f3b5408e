// A gate at a domain of the user's: by its base path, beside another gate, and without the default endpoint.
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { send } from "../../fixtures/data-plane.ts";
import {
  bearer,
  type Caller,
  consumer,
  denied,
  errorOf,
  noRoute,
  outcome,
  secrets,
  source,
  unauthorized,
} from "../../fixtures/gates.ts";
import {
  type RunningGate,
  startGate,
  stopAll,
} from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const certificate =
  "arn:aws:acm:eu-west-1:123456789012:certificate/11111111-1111-1111-1111-111111111111";
const name = "ai.example.com";

const as = (caller: Caller) => bearer(caller).headers;

const config = (domain: string) => `
domain: { name: ${name}, certificate: "${certificate}"${domain} }
upstreams:
  base: { url: https://base.example.com/v1, secret: ssm:/ai/base }
  other: { url: https://other.example.com }
routes:
  - { path: "/base/{proxy+}", methods: [GET, POST], upstream: base }
  - { path: "/base/batch/keys", methods: [GET], upstream: base }
  - { path: "/{proxy+}", methods: [GET], upstream: other }
consumers:
${consumer("admin")}
${consumer("team-a", '["GET /base/v1/**"]')}`;

/** As the program's resources do it. */
async function lead(gate: RunningGate, basePaths: readonly string[]) {
  await gate.control("POST", "//domainnames", {
    domainName: name,
    endpointConfiguration: { types: ["REGIONAL"] },
    regionalCertificateArn: certificate,
    securityPolicy: gate.gate.tls,
    endpointAccessMode: "BASIC",
  });
  for (const basePath of basePaths)
    await gate.control("POST", `//domainnames/${name}/basepathmappings`, {
      basePath,
      restApiId: gate.apiId,
      stage: gate.gate.stageName,
    });
}

const askAt = (
  { gateway }: RunningGate,
  method: string,
  path: string,
  headers: Record<string, string> = {},
) =>
  send(new URL(gateway.url), method, path, {
    headers: { Host: name, ...headers },
  });

const start = async (domain: string, basePaths: readonly string[]) => {
  const gate = await startGate(source(config(domain)), {
    secrets: { ...secrets, "/ai/base": "base-key" },
  });
  await lead(gate, basePaths);
  return gate;
};

describe.each([
  ["a base path", ", base-path: ai", "ai", "/ai"],
  ["a base path like the stage's name", ", base-path: v1", "v1", "/v1"],
  ["a base path like a route's", ", base-path: base", "base", "/base"],
  ["the whole domain", "", "", ""],
])("by %s", (_, given, basePath, prefix) => {
  let gate: RunningGate;
  beforeAll(async () => (gate = await start(given, [basePath])));

  test("a known caller passes, and the upstream is asked without the base path", async () => {
    const answer = await askAt(
      gate,
      "POST",
      `${prefix}/base/chat?x=1`,
      as("admin"),
    );
    expect(answer.status).toBe(200);
    const seen = gate.seen.at(-1);
    expect(seen?.url).toBe("/v1/chat?x=1");
    expect(seen?.headers.authorization).toBe("Bearer base-key");
  });

  test.each<[string, string, string, string]>([
    ["no credential", "GET", "/base/v1/models", unauthorized],
    ["dot segments", "GET", "/base/v1/../keys", denied],
    ["a closer route, percent-encoded", "GET", "/base/batch%2Fkeys", denied],
  ])("%s: the gate refuses", async (what, method, path, expected) => {
    const headers = what === "no credential" ? {} : as("admin");
    expect(
      outcome(await askAt(gate, method, `${prefix}${path}`, headers)),
    ).toBe(expected);
  });

  test.each([
    ["/base/v1/models", "200"],
    ["/base/v1/a%3Ab", "200"],
    ["/base/v2/models", denied],
    ["/base/v1x/models", denied],
    ["/other", denied],
  ])(
    "a list of a consumer counts below it: %s is %s",
    async (path, expected) => {
      expect(
        outcome(await askAt(gate, "GET", `${prefix}${path}`, as("team-a"))),
      ).toBe(expected);
    },
  );

  test("the default endpoint answers beside it", async () => {
    expect(outcome(await gate.ask("GET", "/base/v1/models"))).toBe(
      unauthorized,
    );
    expect(
      (await gate.ask("GET", "/base/v1/models", { headers: as("team-a") }))
        .status,
    ).toBe(200);
  });

  test("the regional host name leads nowhere by its own name", async () => {
    const { regionalDomainName } = (await gate.control(
      "GET",
      `//domainnames/${name}`,
    )) as { regionalDomainName: string };
    const answer = await send(
      new URL(gate.gateway.url),
      "GET",
      `${prefix}/base/v1/models`,
      { headers: { Host: regionalDomainName, ...as("admin") } },
    );
    expect(answer.status).toBe(403);
    expect(errorOf(answer)).toBeUndefined();
  });
});

describe("two gates at one domain", () => {
  test("each has its own callers, and nothing is beside their base paths", async () => {
    const gate = await start(", base-path: ai", ["ai"]);
    const seen = gate.seen.length;
    const beside = await askAt(gate, "GET", "/b/base/v1/x", as("admin"));
    expect(beside.status).toBe(403);
    expect(gate.seen.length).toBe(seen);
    // `/ai2` is no path below `/ai`.
    expect(
      (await askAt(gate, "GET", "/ai2/base/v1/x", as("admin"))).status,
    ).toBe(403);
  });
});

test("without the default endpoint only the domain answers, once it is deployed", async () => {
  const gate = await start(", base-path: ai, default-endpoint: false", ["ai"]);
  await gate.control("PATCH", "", {
    patchOperations: [
      { op: "replace", path: "/disableExecuteApiEndpoint", value: "true" },
    ],
  });
  expect(outcome(await gate.ask("GET", "/base/v1/x"))).toBe(unauthorized);
  const { id } = await gate.control("POST", "/deployments", {});
  await gate.control("PATCH", `/stages/${gate.gate.stageName}`, {
    patchOperations: [{ op: "replace", path: "/deploymentId", value: id }],
  });
  const shut = await gate.ask("GET", "/base/v1/x", {
    headers: as("admin"),
  });
  expect([shut.status, shut.body]).toEqual([403, '{"message":"Forbidden"}']);
  expect((await askAt(gate, "GET", "/ai/base/v1/x", as("admin"))).status).toBe(
    200,
  );
});

test("the API is told which TLS to take, also by the document", async () => {
  const gate = await start("", [""]);
  const tls = {
    securityPolicy: "SecurityPolicy_TLS13_1_2_2021_06",
    endpointAccessMode: "BASIC",
  };
  expect(await gate.control("GET", "")).toMatchObject(tls);
  const document = buildDocument(
    { ...gate.gate, tls: "TLS_1_2" },
    {
      ...{ name: "gate", authorizerUri: "arn" },
      ...{ sha256: () => "", proofKey: null },
    },
  );
  expect(document).toMatchObject({
    "x-amazon-apigateway-security-policy": "TLS_1_2",
  });
  expect(document).not.toHaveProperty([
    "x-amazon-apigateway-endpoint-access-mode",
  ]);
});

test("an unknown path is 404 there too", async () => {
  const gate = await start(", base-path: ai", ["ai"]);
  expect(outcome(await askAt(gate, "GET", "/ai"))).toBe(noRoute);
});
