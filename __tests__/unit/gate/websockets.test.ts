// Where the gate itself answers a GET, for clients that ask for a WebSocket first: at no path that a route would serve.
import { websocketPaths } from "../../../src/gate/openapi/websockets.ts";
import { fewInputs, gateOf, sourceOf } from "../../fixtures/sources.ts";

const urls = {
  openai: "kind: openai",
  root: "kind: openai, url: https://api.openai.com",
  slash: "kind: openai, url: https://api.openai.com/v1/",
  plain: "url: https://api.openai.com/v1",
  azure: "kind: azure-openai, url: https://r.openai.azure.com/openai",
  "azure-v1": "kind: azure-openai, url: https://r.openai.azure.com/openai/v1",
  "azure-root": "kind: azure-openai, url: https://r.openai.azure.com",
  // These have a list of responses, or may have one.
  fireworks: "kind: openai, url: https://api.fireworks.ai/inference/v1",
  own: "kind: openai, url: https://llm.example.com/v1",
  foundry:
    "kind: azure-openai, url: https://r.services.ai.azure.com/api/projects/p/openai",
  // Names that only look like the services'.
  prefixed: "kind: openai, url: https://api.openai.com.example.com/v1",
  suffixed: "kind: openai, url: https://notapi.openai.com/v1",
  port: "kind: openai, url: https://api.openai.com:8443/v1",
  nested: "kind: azure-openai, url: https://a.b.openai.azure.com/openai",
  // Other parts of the service.
  chat: "kind: openai, url: https://api.openai.com/v1/chat",
  responses: "kind: openai, url: https://api.openai.com/v1/responses",
  version: "kind: openai, url: https://api.openai.com/v2",
  claude: "kind: anthropic",
  bedrock: "kind: bedrock, region: us-east-1, models: [a.b-v1:0]",
  mock: "kind: mock",
};
type Route = readonly [path: string, methods: string, to: keyof typeof urls];

const pathsOf = (...routes: readonly Route[]) =>
  websocketPaths(
    gateOf(
      sourceOf(
        fewInputs,
        `upstreams:\n${Object.entries(urls)
          .filter(([name]) => routes.some(([, , to]) => to === name))
          .map(([name, text]) => `  ${name}: { ${text} }\n`)
          .join("")}routes:\n${routes
          .map(
            ([path, methods, to]) =>
              `  - { path: "${path}", methods: [${methods}], upstream: ${to} }\n`,
          )
          .join("")}consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]`,
      ),
    ),
  );

const greedy = "/openai/{proxy+}";
const both = "GET, POST";

test.each<[keyof typeof urls, string[]]>([
  ["openai", ["/openai/responses"]],
  ["slash", ["/openai/responses"]],
  ["plain", ["/openai/responses"]],
  ["root", ["/openai/v1/responses"]],
  ["azure", ["/openai/responses", "/openai/v1/responses"]],
  ["azure-v1", ["/openai/responses"]],
  ["azure-root", ["/openai/openai/responses", "/openai/openai/v1/responses"]],
  ["fireworks", []],
  ["own", []],
  ["foundry", []],
  ["prefixed", []],
  ["suffixed", []],
  ["port", []],
  ["nested", []],
  ["chat", []],
  ["responses", []],
  ["version", []],
  ["claude", []],
  ["bedrock", []],
  ["mock", []],
])("below a route to %s: %j", (to, expected) => {
  expect(pathsOf([greedy, both, to])).toEqual(expected);
});

test.each<[string, string[], ...Route[]]>([
  ["at the root", ["/responses"], ["/{proxy+}", both, "openai"]],
  ["a deep one", ["/a/b/responses"], ["/a/b/{x+}", both, "openai"]],
  ["without GET the route's own 405 answers", [], [greedy, "POST", "openai"]],
  [
    "without POST there is no HTTP to go on with",
    [],
    [greedy, "GET", "openai"],
  ],
  [
    "POST by another route of the path",
    ["/openai/responses"],
    [greedy, "GET", "openai"],
    [greedy, "POST", "claude"],
  ],
  [
    "POST by a route of its own",
    ["/openai/responses"],
    [greedy, both, "openai"],
    ["/openai/responses", "POST", "openai"],
  ],
  [
    "a GET of its own stays",
    [],
    [greedy, both, "openai"],
    ["/openai/responses", "GET", "own"],
  ],
  [
    "one with a parameter too",
    [],
    [greedy, both, "openai"],
    ["/{any}/responses", "GET", "own"],
  ],
  [
    "a wider route is hidden already",
    ["/openai/responses"],
    [greedy, both, "openai"],
    ["/{all+}", both, "own"],
  ],
  [
    "a closer route to another service stays",
    [],
    ["/{all+}", both, "root"],
    ["/v1/{proxy+}", both, "own"],
  ],
  [
    "a closer route without GET leaves the wider one's",
    ["/v1/responses"],
    ["/{all+}", both, "root"],
    ["/v1/{proxy+}", "POST", "own"],
  ],
  [
    "the wider route's GET below a closer one without it stays",
    [],
    ["/{all+}", both, "own"],
    [greedy, "POST", "openai"],
  ],
  ["a parameter in front", [], ["/{team}/{proxy+}", both, "openai"]],
  ["a route to one path", [], ["/openai/responses", both, "openai"]],
  [
    "two services",
    ["/a/responses", "/b/responses", "/b/v1/responses"],
    ["/a/{proxy+}", both, "openai"],
    ["/b/{proxy+}", both, "azure"],
  ],
])("%s: %j", (_, expected, ...routes) => {
  expect(pathsOf(...routes)).toEqual(expected);
});

test("where an API has no room for one more resource, there is none", () => {
  const fill = (count: number) =>
    Array.from({ length: count }, (_, index): Route => [
      `/r${index}`,
      "POST",
      "own",
    ]);
  // The root, /healthz, /openai and its tail, and one for each other route.
  expect(pathsOf([greedy, both, "openai"], ...fill(295))).toEqual([
    "/openai/responses",
  ]);
  expect(pathsOf([greedy, both, "openai"], ...fill(296))).toEqual([]);
});
