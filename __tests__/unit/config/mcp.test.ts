// MCP servers in the config: what their kind gives, what is refused, and for which clients a gate would not do.
import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
  token,
  warningsOf,
  workspaceOf,
} from "../../fixtures/sources.ts";
import { rsaJwk } from "../../fixtures/issuers.ts";

const sourceWith = (text: string, inputs = fewInputs) =>
  sourceOf(
    inputs,
    text,
    workspaceOf({
      "keys.json": JSON.stringify({ keys: [rsaJwk] }),
      "own/authorizer.py": "def handler(event, context): pass",
    }),
  );

const issuers =
  "auth: { issuers: { staff: { issuer: https://login.example.com, audience: tools, jwks: keys.json } } }";
const server = (more = "") =>
  `{ kind: mcp, url: https://tools.example.com/mcp${more} }`;
const user = "{ id: user, jwt: { issuer: staff } }";
const team = "{ id: team-a, token: { env: TEAM_A_TOKEN } }";

const config = (
  routes: string,
  consumers: string,
  { more = "", upstreams = `tools: ${server()}` } = {},
) => `${more}
upstreams: { ${upstreams} }
routes: [${routes}]
consumers: [${consumers}]
`;
const mcp = "{ path: /mcp, upstream: tools }";

test("a route has the methods of streamable HTTP, unless it says others", () => {
  const gate = gateOf(
    sourceWith(
      config(
        `${mcp}, { path: /post, methods: [POST], upstream: tools }`,
        user,
        { more: issuers },
      ),
    ),
  );
  expect(gate.routes.map(({ methods }) => methods)).toEqual([
    ["GET", "POST", "DELETE"],
    ["POST"],
  ]);
});

test("the inputs alone make one, with all its methods", () => {
  const inputs = {
    ...fewInputs,
    "upstream-kind": "mcp",
    upstream: "https://tools.example.com/mcp",
    tokens: `team-a=${token}`,
  };
  const { routes, upstreams } = gateOf(sourceOf(inputs));
  expect(upstreams).toMatchObject([{ kind: "mcp" }]);
  expect(routes).toMatchObject([{ methods: ["GET", "POST", "DELETE"] }]);
  const post = gateOf(sourceOf({ ...inputs, methods: "POST" }));
  expect(post.routes).toMatchObject([{ methods: ["POST"] }]);
});

test.each<[string, string]>([
  ["no URL", config(mcp, team, { upstreams: "tools: { kind: mcp }" })],
  [
    "scopes of another kind",
    config(mcp, team, {
      upstreams: "tools: { kind: openai, scopes: [read] }",
    }),
  ],
  [
    "a scope with a space",
    config(mcp, team, {
      upstreams: `tools: ${server(', scopes: ["read write"]')}`,
    }),
  ],
  [
    "a scope with a quote",
    config(mcp, team, { upstreams: `tools: ${server(`, scopes: ['a"b']`)}` }),
  ],
  [
    "an empty scope",
    config(mcp, team, { upstreams: `tools: ${server(', scopes: [""]')}` }),
  ],
  [
    "a scope twice",
    config(mcp, team, { upstreams: `tools: ${server(", scopes: [a, a]")}` }),
  ],
  [
    "no scope",
    config(mcp, team, { upstreams: `tools: ${server(", scopes: []")}` }),
  ],
  [
    "a route where the metadata are",
    config(
      "{ path: /.well-known/oauth-protected-resource, upstream: tools }",
      team,
    ),
  ],
  [
    "a route below it",
    config(
      '{ path: "/.well-known/oauth-protected-resource/{proxy+}", upstream: tools }',
      team,
    ),
  ],
  [
    "more paths with the metadata than an API can have",
    config(
      Array.from(
        { length: 150 },
        (_, index) => `{ path: /mcp-${index}, upstream: tools }`,
      ).join(", "),
      user,
      { more: issuers },
    ),
  ],
])("%s is refused with one problem", (_, text) => {
  const problems = problemsOf(sourceWith(text));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each<[string, string]>([
  ["well-known paths of others", "/.well-known/agent.json"],
  ["a name that only starts alike", "/.well-known/oauth-protected-resource-x"],
  ["everything", "/{proxy+}"],
])("%s may be routes", (_, path) => {
  const text = config(`${mcp}, { path: "${path}", upstream: tools }`, team);
  expect(problemsOf(sourceWith(text))).toEqual([]);
});

test.each<[string, string, number]>([
  ["a JWT that may call it", config(mcp, user, { more: issuers }), 0],
  ["tokens only", config(mcp, team), 1],
  [
    "JWTs for another route only",
    config(
      `${mcp}, { path: /other, upstream: other }`,
      `${team}, { id: user, jwt: { issuer: staff }, routes: [/other] }`,
      {
        more: issuers,
        upstreams: `tools: ${server()}, other: { url: https://other.example.com }`,
      },
    ),
    1,
  ],
  [
    "another header than OAuth's",
    config(mcp, user, { more: `${issuers}\ntoken-header: x-mcp-key` }),
    1,
  ],
  [
    "an authorizer of the user's own",
    config(mcp, "", { more: "auth: { mode: custom, directory: own }" }).replace(
      "consumers: []",
      "",
    ),
    1,
  ],
  [
    "answers that are collected",
    config("{ path: /mcp, upstream: tools, stream: false }", user, {
      more: issuers,
    }),
    1,
  ],
  [
    "two servers with one 401",
    config(
      "{ path: /a, upstream: tools }, { path: /b, upstream: tools }",
      user,
      {
        more: issuers,
      },
    ),
    1,
  ],
])("%s", (_, text, count) => {
  const source = sourceWith(text);
  expect(problemsOf(source)).toEqual([]);
  const warnings = warningsOf(source);
  expect(warnings).toHaveLength(count);
  expect(printedProblems(warnings)).toMatchSnapshot();
});
