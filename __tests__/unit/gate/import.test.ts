// The gate's document, read by the project's own reading of API Gateway: it must import without an error or a warning.
import { importDocument } from "../../../local/apigateway/import/document.ts";
import type { ApiParts, Method } from "../../../local/apigateway/model.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  sha256,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";

const empty: ApiParts = {
  api: {
    id: "abcdefghij",
    name: "x",
    createdDate: 0,
    apiKeySource: "HEADER",
    disableExecuteApiEndpoint: false,
    endpointConfiguration: { types: ["REGIONAL"], ipAddressType: "ipv4" },
    rootResourceId: "root",
  },
  resources: new Map([["root", { id: "root", path: "/", methods: new Map() }]]),
  authorizers: new Map(),
  gatewayResponses: new Map(),
  validators: new Map(),
  models: new Map(),
};

function imported(gate: Gate) {
  const document = buildDocument(gate, {
    name: "ai-gate-prod",
    authorizerUri:
      "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:x/invocations",
    sha256,
    proofKey: null,
  });
  return importDocument({
    text: JSON.stringify(document),
    failOnWarnings: true,
    current: empty,
    expandPolicy: (policy) => policy,
  }).parts;
}

/** Without those that only say 405. */
function methodsOf(parts: ApiParts): string[] {
  return [...parts.resources.values()].flatMap(({ path, methods }) =>
    [...methods.values()]
      .filter(isAnswered)
      .map(
        ({ httpMethod, authorizationType }) =>
          `${httpMethod} ${path} ${authorizationType}`,
      ),
  );
}

const isAnswered = ({ methodResponses = {} }: Method): boolean =>
  !("405" in methodResponses);

test("the simple gate", () => {
  const parts = imported(gateOf(sourceOf(goodInputs)));
  expect(parts.api.name).toBe("ai-gate-prod");
  expect(methodsOf(parts)).toEqual([
    "GET /openai/{proxy+} CUSTOM",
    "POST /openai/{proxy+} CUSTOM",
    "GET /healthz NONE",
    "HEAD /healthz NONE",
  ]);
  expect(parts.gatewayResponses.size).toBe(21);
  expect([...parts.authorizers.values()]).toMatchObject([
    { type: "REQUEST", authType: "custom", authorizerResultTtlInSeconds: 0 },
  ]);
});

test("the full gate", () => {
  const parts = imported(gateOf(sourceOf(fewInputs, fullConfig)));
  expect(methodsOf(parts).filter((method) => method.endsWith("NONE"))).toEqual([
    "OPTIONS /openai/{proxy+} NONE",
    "OPTIONS /anthropic/v1/{proxy+} NONE",
    "OPTIONS /score/{id} NONE",
    "GET /healthz NONE",
    "HEAD /healthz NONE",
  ]);
});

test("a gate with plans wants a key of every guarded method", () => {
  const text = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, methods: [GET, POST], upstream: a }]
consumers: [{ id: a, token: { env: TEAM_A_TOKEN }, plan: basic }]
plans: { basic: { rate: 1, burst: 1 } }
cors: { origins: ["*"] }`;
  const parts = imported(gateOf(sourceOf(fewInputs, text)));
  expect(parts.api.apiKeySource).toBe("AUTHORIZER");
  const methods = [...parts.resources.values()].flatMap((resource) => [
    ...[...resource.methods.values()].filter(isAnswered),
  ]);
  expect(
    methods.map(
      ({ httpMethod, authorizationType, apiKeyRequired }) =>
        `${httpMethod} ${authorizationType} ${String(apiKeyRequired)}`,
    ),
  ).toEqual([
    "GET CUSTOM true",
    "POST CUSTOM true",
    "OPTIONS NONE false",
    "GET NONE false",
    "HEAD NONE false",
  ]);
});

test("as many resources as an API may have", () => {
  const routes = Array.from(
    { length: 298 },
    (_, index) => `  - { path: /r${index}, methods: [GET], upstream: a }`,
  );
  const text = `upstreams: { a: { url: https://a.example.com } }\nroutes:\n${routes.join("\n")}`;
  const gate = gateOf(sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text));
  expect(imported(gate).resources.size).toBe(300);
});
