// Access by model: the lists that a gate takes, and each place where one would not hold.
import {
  fewInputs,
  gateOf,
  problemsOf,
  pythonHandler,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

interface Case {
  readonly kind?: string;
  readonly url?: string;
  readonly path?: string;
  readonly methods?: string;
  readonly models?: string;
  readonly more?: string;
  readonly secret?: boolean;
}

const custom = "auth: { mode: custom, directory: authorizer }";

const sourceFor = ({
  kind = "http",
  url = "https://a.example.com/v1/chat/completions",
  path = "/chat",
  methods = "[POST]",
  models = "[gpt-5]",
  more = "",
  secret = false,
}: Case) =>
  sourceOf(
    fewInputs,
    `${more}
upstreams: { a: { kind: ${kind}, url: "${url}"${secret ? ", secret: ssm:/a" : ""} } }
routes: [{ path: "${path}", methods: ${methods}, upstream: a, models: ${models} }]
${more.includes(custom) ? "" : "consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]"}`,
    workspaceOf({ "authorizer/authorizer.py": pythonHandler }),
  );

const names = (count: number) =>
  `[${Array.from({ length: count }, (_, at) => `m${at}`).join(", ")}]`;

test.each<[string, Case]>([
  ["any service", {}],
  ["OpenAI", { kind: "openai", url: "https://api.openai.com/v1/responses" }],
  [
    "Anthropic",
    { kind: "anthropic", url: "https://api.anthropic.com/v1/messages" },
  ],
  [
    "Azure's newer endpoint",
    {
      kind: "azure-openai",
      url: "https://x.openai.azure.com/openai/v1/chat/completions",
    },
  ],
  [
    "Gemini's endpoint for OpenAI's clients",
    {
      kind: "gemini",
      url: "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
    },
  ],
  ["all methods with bodies", { methods: "[POST, PUT, PATCH]" }],
  ["as many as there may be", { models: names(100) }],
  ["your own authorizer behind the gate's", { more: custom, secret: true }],
])("%s", (_what, given) => {
  const [route] = gateOf(sourceFor(given)).routes;
  expect(route?.models?.length).toBeGreaterThan(0);
});

test("are sorted, so that their order means nothing", () => {
  const models = '["openai/gpt-5:free", "@cf/meta/llama-3.1", "b+c~d_e-f"]';
  expect(gateOf(sourceFor({ models })).routes[0]?.models).toEqual([
    "@cf/meta/llama-3.1",
    "b+c~d_e-f",
    "openai/gpt-5:free",
  ]);
});

test.each<[string, Case, RegExp]>([
  ["no model", { models: "[]" }, /use a list with at least one entry$/],
  ["one as text", { models: "gpt-5" }, /list|array/i],
  ["a number", { models: "[5]" }, /text|string/i],
  ["an empty name", { models: '[""]' }, /^"" is not the name of a model/],
  ["a pattern", { models: '["gpt-*"]' }, /^"gpt-\*" is not the name/],
  ["a quote", { models: `['a"b']` }, /is not the name of a model/],
  [
    "a reference",
    { models: '["$context.path"]' },
    /is not the name of a model/,
  ],
  ["a space", { models: '["gpt 5"]' }, /is not the name of a model/],
  ["a long one", { models: `[${"x".repeat(257)}]` }, /at most 256$/],
  ["a duplicate", { models: "[a, a]" }, /^Duplicate model "a": remove one$/],
  [
    "too many",
    { models: names(101) },
    /^Too many models \(101\): use at most 100$/,
  ],
  [
    "GET",
    { methods: "[GET, POST]" },
    /^`models` on a route with GET, which has no body that names one: use POST, PUT or PATCH only/,
  ],
  [
    "ANY",
    { methods: "[ANY]" },
    /^`models` on a route with GET, DELETE or HEAD,/,
  ],
  [
    "a greedy route",
    { path: "/openai/{proxy+}" },
    /^`models` on "\/openai\/\{proxy\+\}": below a parameter the caller chooses the endpoint/,
  ],
  [
    "a parameter",
    { path: "/{end}", url: "https://a.example.com/{end}" },
    /the caller chooses the endpoint/,
  ],
  [
    "deployments of Azure",
    {
      kind: "azure-openai",
      url: "https://x.openai.azure.com/openai/deployments/gpt-5/chat/completions",
    },
    /^`models` with the kind azure-openai, which names its model in the path, .*: name the deployments in the consumers' `routes`/,
  ],
  [
    "Gemini",
    {
      kind: "gemini",
      url: "https://generativelanguage.googleapis.com/v1beta/models/x:generateContent",
    },
    /^`models` with the kind gemini, .* \(`\/gemini\/v1beta\/models\/NAME:generateContent`\)$/,
  ],
  [
    "a cache",
    { more: "auth: { cache-ttl: 60 }" },
    /^`models` with auth\.cache-ttl 60: use 0/,
  ],
  [
    "your own authorizer alone",
    { more: custom },
    /^`models` with an authorizer of your own and no upstream with a secret/,
  ],
])("%s is a problem", (_what, given, message) => {
  const problems = problemsOf(sourceFor(given));
  expect(problems.map((one) => one.message)).toEqual([
    expect.stringMatching(message),
  ]);
  expect(problems[0]?.where).toMatch(/^routes\[0\]\.models/);
  expect(problems[0]?.position?.line).toBeGreaterThan(1);
});

test("all of it is told at once", () => {
  const problems = problemsOf(
    sourceFor({
      kind: "gemini",
      methods: "[GET]",
      models: '["*"]',
      path: "/a/{p+}",
      more: "auth: { cache-ttl: 1 }",
    }),
  );
  expect(problems.map(({ where }) => where)).toEqual([
    "auth.cache-ttl",
    "routes[0].models[0]",
    ...Array.from({ length: 4 }, () => "routes[0].models"),
  ]);
});
