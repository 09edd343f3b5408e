// Access by model: a call of a limited route reaches its upstream with an allowed model, or not at all.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bearer,
  consumer,
  denied,
  errorOf,
  expectError,
  gateFor,
  messageOf,
  notAllowed,
  outcome,
  source,
  tokens,
  unauthorized,
} from "../../fixtures/gates.ts";
import { type RunningGate, stopAll } from "../../fixtures/local-gate.ts";
import type { Ask } from "../../../src/proof/check.ts";
import { signProof } from "../../../src/proof/credential.ts";
import { planProof } from "../../../src/proof/plan.ts";
import { prove } from "../../../src/proof/proof.ts";

afterAll(stopAll);

const badBody = "400 BAD_REQUEST_BODY";
const path = "/openai/chat/completions";
const config = (more = "") => `
upstreams:
  chat: { url: https://api.openai.com/v1/chat/completions }
  embeddings: { url: https://api.openai.com/v1/embeddings }
  all: { url: https://api.openai.com/v1 }
routes:
  - { path: ${path}, methods: [POST, PUT], upstream: chat, models: [gpt-5-mini, "meta-llama/llama-3.1-8b:free"] }
  - { path: /openai/embeddings, methods: [POST], upstream: embeddings${more} }
  - { path: "/openai/{proxy+}", methods: [GET], upstream: all }
consumers:
${consumer("admin")}
${consumer("team-a", `[${path}]`)}
`;
const gate = gateFor(config());

const json = { "Content-Type": "application/json" };
const headers = { ...bearer("team-a").headers, ...json };
const post = (body: unknown, more: object = {}) =>
  gate.it.ask("POST", path, {
    headers: { ...headers, ...more },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

test.each<[string, unknown]>([
  ["the one", { model: "gpt-5-mini", messages: [] }],
  ["the other", { model: "meta-llama/llama-3.1-8b:free", stream: true }],
  ["to fall back to", { model: "gpt-5-mini", models: ["gpt-5-mini"] }],
  ["with spaces", ' { "model" : "gpt-5-mini" } '],
  ["in an escape", String.raw`{"model":"gpt\u002d5-mini"}`],
])("a model of the list passes, byte for byte: %s", async (_what, body) => {
  expect(outcome(await post(body))).toBe("200");
  const text = typeof body === "string" ? body : JSON.stringify(body);
  expect(gate.it.seen).toMatchObject([
    { url: "/v1/chat/completions", body: text },
  ]);
});

test.each<[string, unknown]>([
  ["another model", { model: "gpt-5" }],
  ["in other letters", { model: "GPT-5-mini" }],
  ["with a space", { model: "gpt-5-mini " }],
  ["more of the name", { model: "gpt-5-mini-2025" }],
  ["a pattern", { model: "*" }],
  ["none", { messages: [] }],
  ["null", { model: null }],
  ["a list", { model: ["gpt-5-mini"] }],
  ["an object", { model: { model: "gpt-5-mini" } }],
  ["below", { body: { model: "gpt-5-mini" } }],
  ["a list of calls", [{ model: "gpt-5-mini" }]],
  ["text", '"gpt-5-mini"'],
  ["no JSON", "model=gpt-5-mini"],
  ["JSON and more", '{"model":"gpt-5-mini"}{"model":"gpt-5"}'],
  ["lines of JSON", '{"model":"gpt-5-mini"}\n{"model":"gpt-5"}'],
  ["a comment", '{/**/"model":"gpt-5-mini"}'],
  ["nothing", ""],
  // Servers in Go and C# read keys in any case.
  ["Model beside it", { model: "gpt-5-mini", Model: "gpt-5" }],
  ["MODEL beside it", { model: "gpt-5-mini", MODEL: "gpt-5" }],
  ["moDel beside it", { moDel: "gpt-5", model: "gpt-5-mini" }],
  ["an escaped key", String.raw`{"model":"gpt-5-mini","\u004dodel":"gpt-5"}`],
  ["a model to fall back to", { model: "gpt-5-mini", models: ["gpt-5"] }],
  ["a fallback", { model: "gpt-5-mini", fallbacks: ["gpt-5"] }],
  [
    "a fallback for long prompts",
    { model: "gpt-5-mini", context_window_fallbacks: [{ x: ["gpt-5"] }] },
  ],
  [
    "a fallback for filtered prompts",
    { model: "gpt-5-mini", content_policy_fallbacks: [{ x: ["gpt-5"] }] },
  ],
  ["a fallback with settings", { model: "gpt-5-mini", fallbacks: [{}] }],
])("anything else is 400 and goes nowhere: %s", async (_what, body) => {
  const answer = await post(body);
  expect(outcome(answer)).toBe(badBody);
  expectError(answer, "BAD_REQUEST_BODY");
  expect(messageOf(answer)).toBe(
    "The body must be a JSON object whose `model` this route takes. It takes gpt-5-mini, meta-llama/llama-3.1-8b:free.",
  );
  expect(gate.it.seen).toEqual([]);
});

const wrong = '{"model":"gpt-5"}';

test.each<[string, readonly string[]]>([
  ["no type", []],
  ["no value", ["Content-Type", ""]],
  ["text", ["Content-Type", "text/plain"]],
  ["another JSON", ["Content-Type", "text/json"]],
  ["a suffix", ["Content-Type", "application/vnd.x+json"]],
  ["JSON lines", ["Content-Type", "application/jsonl"]],
  ["more letters", ["Content-Type", "application/jsonx"]],
  ["other letters", ["Content-Type", "Application/JSON"]],
  ["a charset", ["Content-Type", "application/json; charset=utf-8"]],
  ["another charset", ["Content-Type", "application/json;charset=utf-16"]],
  ["a parameter", ["Content-Type", "application/json;x"]],
  ["an empty parameter", ["Content-Type", "application/json;"]],
  ["a list", ["Content-Type", "application/json, text/plain"]],
  ["another list", ["Content-Type", "text/plain, application/json"]],
  [
    "the same twice",
    ["Content-Type", "application/json", "content-type", "application/json"],
  ],
  ["two", ["Content-Type", "application/json", "Content-Type", "text/plain"]],
  [
    "two the other way",
    ["content-type", "text/plain", "Content-Type", "application/json"],
  ],
  [
    "a twin",
    ["Content-Type", "application/json", "Content_Type", "text/plain"],
  ],
  ["only the twin", ["Content_Type", "application/json"]],
  ["a form", ["Content-Type", "application/x-www-form-urlencoded"]],
  ["an upload", ["Content-Type", "multipart/form-data; boundary=x"]],
  ["bytes", ["Content-Type", "application/octet-stream"]],
  ["a wildcard", ["Content-Type", "*/*"]],
  ["the default", ["Content-Type", "$default"]],
  [
    "identity",
    ["Content-Type", "application/json", "Content-Encoding", "identity"],
  ],
  ["gzip", ["Content-Type", "application/json", "Content-Encoding", "gzip"]],
  [
    "an encoding's twin",
    ["Content-Type", "application/json", "content_encoding", "gzip"],
  ],
])("a body that is not looked at is 403: %s", async (_what, sent) => {
  const auth = ["Authorization", `Bearer ${tokens["team-a"]}`];
  const answer = await gate.it.ask("POST", path, {
    headers: [...auth, ...sent],
    body: wrong,
  });
  expect(outcome(answer)).toBe(denied);
  expect(messageOf(answer)).toMatch(/Content-(?:Type|Encoding)/);
  const anonymous = { headers: [...sent], body: wrong };
  expect(outcome(await gate.it.ask("POST", path, anonymous))).toBe(
    unauthorized,
  );
  expect(gate.it.seen).toEqual([]);
});

test.each([
  ["PUT", path, badBody],
  ["POST", `${path}/`, badBody],
  ["POST", `//openai/chat/completions`, denied],
  ["POST", `/openai//chat/completions`, notAllowed],
  ["POST", "/openai/chat%2Fcompletions", notAllowed],
  ["GET", path, denied],
  ["DELETE", path, notAllowed],
])("%s %s is no way around it", async (method, at, expected) => {
  const body = ["POST", "PUT"].includes(method) && { body: wrong };
  const answer = await gate.it.ask(method, at, { headers, ...body });
  expect(outcome(answer)).toBe(expected);
  expect(gate.it.seen).toEqual([]);
});

test("a route without a list takes any model and type", async () => {
  const admin = { ...bearer("admin").headers, "Content-Type": "text/plain" };
  for (const sent of [
    { headers: { ...admin, ...json }, body: wrong },
    { headers: admin, body: "x" },
  ])
    expect(outcome(await gate.it.ask("POST", "/openai/embeddings", sent))).toBe(
      "200",
    );
});

describe.each(["before-routing", "after-authorizer"] as const)(
  "X-HTTP-Method-Override, read %s",
  (methodOverride) => {
    const played = gateFor(config(), { readings: { methodOverride } });

    test.each([
      ["POST", path],
      ["PUT", path],
      ["GET", path],
      ["GET", "/openai/x"],
      ["DELETE", path],
    ])("%s %s reaches nothing with a wrong model", async (method, at) => {
      for (const override of ["POST", "PUT", "GET", "post"])
        for (const type of ["application/json", "text/plain"]) {
          const sent = {
            ...bearer("admin").headers,
            "Content-Type": type,
            "X-HTTP-Method-Override": override,
          };
          await played.it.ask(method, at, { headers: sent, body: wrong });
        }
      expect(
        played.it.seen
          .filter(({ url }) => url === "/v1/chat/completions")
          .filter((seen) => seen.method !== "GET"),
      ).toEqual([]);
    });
  },
);

// Which of two values AWS checks is not documented: the other one may be what the service reads. docs/config.md says so.
describe.each(["first", "last"] as const)(
  "of a repeated key the %s is checked",
  (repeatedKeys) => {
    const played = gateFor(config(), { readings: { repeatedKeys } });

    test.each([
      ["first", '{"model":"gpt-5-mini","model":"gpt-5"}'],
      ["last", '{"model":"gpt-5","model":"gpt-5-mini"}'],
    ])("the %s is right", async (right, body) => {
      const answer = await played.it.ask("POST", path, { headers, body });
      expect(outcome(answer)).toBe(right === repeatedKeys ? "200" : badBody);
    });
  },
);

describe("routes with other models", () => {
  const two = gateFor(config(", models: [embedding-3]"));

  test("share nothing, and name no model of another's", async () => {
    const admin = { ...bearer("admin").headers, ...json };
    const ask = (at: string, model: string) =>
      two.it.ask("POST", at, {
        headers: admin,
        body: JSON.stringify({ model }),
      });
    const embeddings = "/openai/embeddings";
    expect(outcome(await ask(embeddings, "embedding-3"))).toBe("200");
    expect(outcome(await ask(path, "gpt-5-mini"))).toBe("200");
    expect(two.it.seen.splice(0)).toHaveLength(2);
    const refused = await ask(embeddings, "gpt-5-mini");
    expect(outcome(refused)).toBe(badBody);
    expect(outcome(await ask(path, "embedding-3"))).toBe(badBody);
    expect(messageOf(refused)).toBe(
      "The body must be a JSON object whose `model` this route takes.",
    );
    expect(two.it.seen).toEqual([]);
  });
});

describe("the proof", () => {
  const proved = gateFor(config());

  async function proveOf({ ask, gate: model, proofKey }: RunningGate) {
    const today = "2020-01-01";
    const removedRoutes = [{ path, methods: ["DELETE"] as const }];
    const asked: Ask = async ({ method, path: at, headers: sent, body }) => {
      const answer = await ask(method, at, {
        headers: sent,
        ...(body !== undefined && { body }),
      });
      const gateError = errorOf(answer);
      return {
        status: answer.status,
        ...(gateError !== undefined && { gateError }),
        chunked: false,
        pieces: 1,
        allows: {},
      };
    };
    const { results } = await prove(
      planProof(model, { removedRoutes, proofToken: false, today }),
      {
        ask: asked,
        sign: (name) =>
          signProof(proofKey, {
            gate: model.id,
            stage: model.stageName,
            consumer: name,
            run: "1",
            now: new Date(),
          }),
        log: () => undefined,
        now: () => 0,
        sleep: () => Promise.reject(new Error("nothing is waited for")),
        deadline: 0,
      },
    );
    return new Map(
      results.map(({ actual, id, status }) => [id, `${status}: ${actual}`]),
    );
  }

  test("shows other models and other bodies refused, and the right one through", async () => {
    const results = await proveOf(proved.it);
    expect(Object.fromEntries(results)).toMatchObject({
      [`closed POST ${path}`]: `passed: ${unauthorized}`,
      [`removed DELETE ${path}`]: `passed: ${notAllowed}`,
      [`model POST ${path}`]: `passed: ${badBody}`,
      [`body POST ${path}`]: `passed: ${denied}`,
      "open chat": "passed: 200",
    });
    const statuses = [...results.values()].map((one) => one.split(":")[0]);
    expect(statuses).not.toContain("failed");
    // What got through named the first model of the list and nothing more.
    expect(
      proved.it.seen
        .filter(({ url }) => url === "/v1/chat/completions")
        .map(({ body }) => body),
    ).toEqual(['{"model":"gpt-5-mini"}', '{"model":"gpt-5-mini"}']);
  });

  test("fails when the validator is gone", async () => {
    const { parts } = proved.it.gateway.store.apis.get(proved.it.apiId)!;
    parts.validators.clear();
    await proved.it.control("POST", "/deployments", { stageName: "v1" });
    const results = await proveOf(proved.it);
    expect(results.get(`model POST ${path}`)).toBe("failed: 200");
  });
});

describe("the example of docs/config.md", () => {
  const page = readFileSync(
    join(import.meta.dirname, "../../../docs/config.md"),
    "utf8",
  );
  const [, text = ""] =
    /### Only some models\n\n```yaml\n(.*?)```/s.exec(page) ?? [];
  const shown = gateFor(
    source(text, {
      environment: (name) =>
        ({ TEAM_A_TOKEN: tokens["team-a"], TEAM_B_TOKEN: tokens["team-b"] })[
          name
        ],
    }),
    { secrets: { "/ai/openai": "sk-o", "/ai/gemini": "sk-g" } },
  );

  test.each<["team-a" | "team-b", string, string, string]>([
    ["team-a", "/openai/chat/completions", "gpt-5-mini", "200"],
    ["team-a", "/openai/chat/completions", "gpt-5", badBody],
    ["team-a", "/staff/chat/completions", "gpt-5", denied],
    ["team-b", "/staff/chat/completions", "gpt-5", "200"],
    [
      "team-a",
      "/gemini/v1beta/models/gemini-3-flash:generateContent",
      "",
      "200",
    ],
    [
      "team-a",
      "/gemini/v1beta/models/gemini-3-flash%3AgenerateContent",
      "",
      "200",
    ],
    [
      "team-a",
      "/gemini/v1beta/models/gemini-3-pro:generateContent",
      "",
      denied,
    ],
    ["team-a", "/gemini/v1beta/models/gemini-3-flash:countTokens", "", denied],
    ["team-b", "/gemini/v1beta/models/gemini-3-pro:generateContent", "", "200"],
  ])("%s: %s with %j is %s", async (caller, at, model, expected) => {
    const token = tokens[caller];
    const auth = at.startsWith("/gemini")
      ? { "x-goog-api-key": token }
      : bearer(caller).headers;
    const answer = await shown.it.ask("POST", at, {
      headers: { ...auth, ...json },
      body: JSON.stringify({ model }),
    });
    expect(outcome(answer)).toBe(expected);
    expect(shown.it.seen).toHaveLength(expected === "200" ? 1 : 0);
  });
});
