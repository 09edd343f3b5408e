// A gate at a domain of the user's: by its base path, beside another gate, and without the default endpoint.
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { proveMetadata } from "../../../src/proof/metadata.ts";
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
import { rsaJwk } from "../../fixtures/issuers.ts";
import { workspaceOf } from "../../fixtures/sources.ts";

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

describe.each(["ai", "v1", "base"])("the base path %s, misused", (basePath) => {
  let gate: RunningGate;
  beforeAll(
    async () => (gate = await start(`, base-path: ${basePath}`, [basePath])),
  );

  // "nothing": API Gateway leads to no gate, or the gate refuses; which of both, depends on how API Gateway reads it.
  test.each<[string, string]>([
    ["twice", `/${basePath}/${basePath}/base/v1/models`],
    [
      "encoded",
      `/%${basePath.charCodeAt(0).toString(16)}${basePath.slice(1)}/base/v1/models`,
    ],
    ["with a slash before it", `//${basePath}/base/v1/models`],
    ["with slashes behind it", `/${basePath}//base/v1/models`],
    ["joined to the path by an encoded slash", `/${basePath}%2Fbase/v1/models`],
    ["left by dot segments", `/${basePath}/../base/v1/models`],
    ["left by encoded dot segments", `/${basePath}/%2e%2e/base/v1/models`],
    ["reached by dot segments", `/x/../${basePath}/base/v1/models`],
    ["in capitals", `/${basePath.toUpperCase()}/base/v1/models`],
    ["longer", `/${basePath}x/base/v1/models`],
    ["with a parameter of its own", `/${basePath};x/base/v1/models`],
    ["left out", "/base/v2/models"],
  ])("%s, it opens nothing to one with a list", async (_, path) => {
    const seen = gate.seen.length;
    const answer = await askAt(gate, "GET", path, as("team-a"));
    expect([401, 403, 404]).toContain(answer.status);
    expect(gate.seen.length).toBe(seen);
  });

  test.each([
    `//${basePath}/base/v1/models`,
    `/${basePath}//base/v1/models`,
    `/${basePath}/%2e%2e/base/batch/keys`,
    `/${basePath}/base/batch%2Fkeys`,
    `/${basePath}/base/batch%252Fkeys`,
  ])("%s is refused to one who may call everything", async (path) => {
    const seen = gate.seen.length;
    expect((await askAt(gate, "GET", path, as("admin"))).status).toBe(403);
    expect(gate.seen.length).toBe(seen);
  });
});

describe("beside the base path", () => {
  test("there is no gate", async () => {
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

describe("MCP clients are led by the domain", () => {
  const mcp = `
domain: { name: ${name}, certificate: "${certificate}", base-path: ai }
auth: { issuers: { staff: { issuer: "https://login.example.com", audience: tools, jwks: keys.json } } }
upstreams: { tools: { kind: mcp, url: "https://tools.example.com/mcp" } }
routes: [{ path: /tools/mcp, upstream: tools }]
consumers: [{ id: user, jwt: { issuer: staff } }]
`;
  const document = "/.well-known/oauth-protected-resource/tools/mcp";
  let gate: RunningGate;
  beforeAll(async () => {
    const keys = JSON.stringify({ keys: [rsaJwk] });
    gate = await startGate(source(mcp, workspaceOf({ "keys.json": keys })), {
      secrets,
    });
    await lead(gate, ["ai"]);
  });

  test("its 401 names the document at the domain, which names the URL that was called", async () => {
    const refused = await askAt(gate, "POST", "/ai/tools/mcp");
    expect(refused.headers["www-authenticate"]).toBe(
      `Bearer resource_metadata="https://${name}/ai${document}"`,
    );
    const found = await askAt(gate, "GET", `/ai${document}`);
    expect(JSON.parse(found.body)).toMatchObject({
      resource: `https://${name}/ai/tools/mcp`,
      authorization_servers: ["https://login.example.com"],
    });
  });

  test.each<[string, string, string | undefined]>([
    ["by the default endpoint", "v1", undefined],
    ["by the regional host name, before its DNS record is there", "ai", name],
  ])("the proof sees it %s", async (_, first, host) => {
    const own = new URL(gate.baseUrl).host;
    const results = await proveMetadata(gate.gate, {
      baseUrl: `https://${host === undefined ? own : "d-1.example.net"}/${first}`,
      publicUrl: `https://${name}/ai`,
      host,
      deadline: 0,
      now: () => 0,
      sleep: () => Promise.resolve(),
      read: async (method, url, asked = own) => {
        const { body, headers, status } = await send(
          new URL(gate.gateway.url),
          method,
          new URL(url).pathname,
          { headers: { Host: asked } },
        );
        return { status, body, challenge: headers["www-authenticate"] };
      },
    });
    expect(results.map(({ id, status }) => [id, status])).toEqual([
      ["sign-in challenge", "passed"],
      [`sign-in metadata ${document}`, "passed"],
    ]);
  });
});
