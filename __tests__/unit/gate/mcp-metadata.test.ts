// Which documents tell MCP clients where to sign in, and what is in them and in the gate's 401.
import type { Gate } from "../../../src/gate/gate.ts";
import { buildGatewayResponses } from "../../../src/gate/openapi/gateway-responses.ts";
import {
  buildChallenge,
  challengedResource,
  challengeUrl,
  metadataDocuments,
} from "../../../src/gate/openapi/mcp-metadata.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import {
  fewInputs,
  gateOf,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const a = "https://a.example.com";
/** Velocity would fill it in. */
const b = "https://b.example.com/$context.stage";

interface Parts {
  readonly routes: string;
  readonly consumers?: string;
  readonly more?: string;
}

const upstreams = {
  one: "{ kind: mcp, url: https://one.example.com/mcp, scopes: [read] }",
  two: "{ kind: mcp, url: https://two.example.com/mcp, scopes: [write, read] }",
  plain: "{ url: https://plain.example.com }",
};

function gate({
  routes,
  consumers = "[{ id: user, jwt: { issuer: a } }]",
  more = "",
}: Parts): Gate {
  const names = ["a", "b"].filter((name) =>
    consumers.includes(`issuer: ${name}`),
  );
  const issuers = names.map(
    (name) =>
      `${name}: { issuer: "${name === "a" ? a : b}", audience: x, jwks: keys.json }`,
  );
  const used = Object.entries(upstreams).filter(([name]) =>
    routes.includes(`upstream: ${name}`),
  );
  const text = `${more}
auth: { issuers: { ${issuers.join(", ")} } }
upstreams: { ${used.map((entry) => entry.join(": ")).join(", ")} }
routes: ${routes}
consumers: ${consumers}
`;
  const keys = JSON.stringify({
    keys: [
      {
        kty: "RSA",
        n: "u1SU1LfVLPHCozMxH2Mo4lgOEePzNm0tRgeLezV6ffAt0gunVTLw7onLRnrq0_IzW7yWR7QkrmBL7jTKEn5u-qKhbwKfBstIs-bMY2Zkp18gnTxKLxoS2tFczGkPLPgizskuemMghRniWaoLcyehkd3qqGElvW_VDL5AaWTg0nLVkjRo9z-40RQzuVaE8AkAFmxZzow3x-VJYKdjykkJ0iT9wCS0DRTXu269V264Vf_3jvredZiKRkgwlL9xNAwxXFg0x_XFw005UWVRIkdgcKWTjpBP2dPwVZ4WWC-9aGVd-Gyn1o0CLelf4rEjGoXbAAEgAqeGUxrcIlbjXfbcmw",
        e: "AQAB",
      },
    ],
  });
  return gateOf(
    sourceOf(fewInputs, text, {
      ...workspaceOf({ "keys.json": keys }),
      environment: () => token,
    }),
  );
}

const single = gate({ routes: "[{ path: /team/mcp, upstream: one }]" });
const prefix = "/.well-known/oauth-protected-resource";

test.each<[string, Parts, string | undefined, readonly string[]]>([
  [
    "one server",
    { routes: "[{ path: /team/mcp, upstream: one }]" },
    "/team/mcp",
    ["/team/mcp"],
  ],
  [
    "one server, a route for each method",
    {
      routes:
        "[{ path: /mcp, methods: [POST], upstream: one }, { path: /mcp, methods: [GET], upstream: one }]",
    },
    "/mcp",
    ["/mcp"],
  ],
  [
    "everything below a path",
    { routes: '[{ path: "/team/{proxy+}", upstream: one }]' },
    "/team",
    ["/team"],
  ],
  [
    "everything",
    { routes: '[{ path: "/{proxy+}", upstream: one }]' },
    "",
    [""],
  ],
  [
    "servers side by side",
    {
      routes:
        "[{ path: /team/one, upstream: one }, { path: /team/two, upstream: two }]",
    },
    "/team",
    ["/team", "/team/one", "/team/two"],
  ],
  [
    "a server below another",
    {
      routes:
        "[{ path: /mcp, upstream: one }, { path: /mcp/b, upstream: two }]",
    },
    "/mcp",
    ["/mcp", "/mcp/b"],
  ],
  [
    "names that only start alike",
    {
      routes:
        "[{ path: /mcp, upstream: one }, { path: /mcp-b, upstream: two }]",
    },
    "",
    ["", "/mcp", "/mcp-b"],
  ],
  [
    "an upstream of another kind beside it",
    {
      routes:
        "[{ path: /mcp, upstream: one }, { path: /plain, upstream: plain }]",
    },
    "/mcp",
    ["/mcp"],
  ],
  [
    "no JWT that may call it",
    {
      routes:
        "[{ path: /mcp, upstream: one }, { path: /plain, upstream: plain }]",
      consumers: "[{ id: user, jwt: { issuer: a }, routes: [/plain] }]",
    },
    undefined,
    [],
  ],
  [
    "a disabled consumer alone",
    {
      routes: "[{ path: /mcp, upstream: one }]",
      consumers:
        "[{ id: user, jwt: { issuer: a }, disabled: true }, { id: other, token: { env: TEAM_TOKEN } }]",
    },
    undefined,
    [],
  ],
  [
    "workflows alone",
    {
      routes: "[{ path: /mcp, upstream: one }]",
      consumers: '[{ id: ci, github: { repository-id: "1" } }]',
    },
    undefined,
    [],
  ],
  [
    "tokens alone",
    {
      routes: "[{ path: /mcp, upstream: one }]",
      consumers: "[{ id: user, token: { env: TEAM_TOKEN } }]",
    },
    undefined,
    [],
  ],
  [
    "no Authorization header",
    {
      routes: "[{ path: /mcp, upstream: one }]",
      more: "token-header: x-mcp-key",
    },
    undefined,
    [],
  ],
])("%s", (_, parts, challenged, documents) => {
  const made = gate(parts);
  expect(challengedResource(made)?.path).toBe(challenged);
  expect([...metadataDocuments(made).keys()]).toEqual(
    documents.map((path) => prefix + path),
  );
  expect(challengeUrl(made, "https://g/v1")).toBe(
    challenged === undefined ? undefined : `https://g/v1${prefix}${challenged}`,
  );
});

const documentOf = (made: Gate) =>
  buildDocument(made, {
    name: "n",
    authorizerUri: "u",
    sha256,
    proofKey: null,
  });

/** The document as Velocity fills it in. */
function metadataOf(made: Gate, path: string): unknown {
  const operation = documentOf(made).paths[path]?.["get"];
  expect(operation).not.toHaveProperty("security");
  const { responses } = operation?.["x-amazon-apigateway-integration"] as {
    responses: { default: { responseTemplates: Record<string, string> } };
  };
  const text = responses.default.responseTemplates["application/json"] ?? "";
  const [, before = "", after = ""] =
    /^(.*)https:\/\/\$context\.domainName\$context\.path\.replace\('\/\.well-known\/oauth-protected-resource', ''\)(.*)$/.exec(
      text,
    ) ?? [];
  // Nothing else is there for Velocity to fill in.
  expect(before + after).not.toMatch(/[$#]/);
  return JSON.parse(`${before}RESOURCE${after}`);
}

test("each document has the issuers of those who may call its server; the shared one has all of them", () => {
  const made = gate({
    routes:
      "[{ path: /team/one, upstream: one }, { path: /team/two, upstream: two }]",
    consumers:
      "[{ id: x, jwt: { issuer: a } }, { id: y, jwt: { issuer: b }, routes: [/team/two] }]",
  });
  const known = {
    resource: "RESOURCE",
    bearer_methods_supported: ["header"],
  };
  expect(metadataOf(made, `${prefix}/team/one`)).toEqual({
    ...known,
    authorization_servers: [a],
    scopes_supported: ["read"],
  });
  expect(metadataOf(made, `${prefix}/team/two`)).toEqual({
    ...known,
    authorization_servers: [a, b],
    scopes_supported: ["write", "read"],
  });
  expect(metadataOf(made, `${prefix}/team`)).toEqual({
    ...known,
    authorization_servers: [a, b],
    scopes_supported: ["read", "write"],
  });
});

test("only GET and HEAD are open, and OPTIONS where pages may call the gate", () => {
  const path = `${prefix}/team/mcp`;
  const open = documentOf(single).paths;
  expect(Object.keys(open[path] ?? {})).toEqual(["get", "head"]);
  expect(JSON.stringify(open[path])).not.toContain("Access-Control");
  const withPages = gate({
    routes: "[{ path: /team/mcp, upstream: one }]",
    more: "cors: { origins: [https://app.example.com] }",
  });
  const { get, options } = documentOf(withPages).paths[path] ?? {};
  expect(Object.keys(documentOf(withPages).paths[path] ?? {})).toEqual([
    "get",
    "head",
    "options",
  ]);
  expect(JSON.stringify(get)).toContain(
    `"method.response.header.Access-Control-Allow-Origin":"'*'"`,
  );
  expect(JSON.stringify(options)).toContain("'GET,HEAD'");
});

test("the 401 is the document's, with the URL and what it was put for", () => {
  const marker = "0123456789abcdef";
  const stageUrl = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
  const plain = buildGatewayResponses(single, marker)["UNAUTHORIZED"];
  const challenge = buildChallenge(single, { stageUrl, digest: "d", marker });
  const header = "gatewayresponse.header.";
  expect(challenge).toEqual({
    ...plain,
    responseParameters: {
      ...plain?.responseParameters,
      [`${header}WWW-Authenticate`]: `'Bearer resource_metadata="${stageUrl}${prefix}/team/mcp"'`,
      [`${header}x-ai-gate-document`]: "'d'",
    },
  });
  const tokensOnly = gate({
    routes: "[{ path: /mcp, upstream: one }]",
    consumers: "[{ id: user, token: { env: TEAM_TOKEN } }]",
  });
  expect(
    buildChallenge(tokensOnly, { stageUrl, digest: "d", marker }),
  ).toBeUndefined();
});
