import type { GateSummary, RouteSummary } from "../../../src/diff/summary.ts";
import { renderComment, renderSummary } from "../../../src/report/comment.ts";
import type { Run } from "../../../src/report/run-result.ts";
import { crowdedRun } from "../../fixtures/extremes.ts";
import {
  hostile,
  proof,
  route,
  run,
  summary,
  urls,
} from "../../fixtures/runs.ts";

const up = (gate: Partial<GateSummary>, more: Partial<Run> = {}): Run =>
  run({
    command: "up",
    previewed: false,
    after: summary(gate),
    urls,
    ...more,
  });

/** A route of the kind whose path and target are given as `METHODS path -> target`. */
const routeOf = (kind: string, text: string): RouteSummary => {
  const [, methods = "", path = "", target = ""] =
    /^(\S+) (\S+) -> (\S+)$/.exec(text) ?? [];
  return route(path, {
    kind,
    target,
    methods: methods.split(",") as RouteSummary["methods"],
  });
};

const openai = routeOf(
  "openai",
  "GET,POST /openai/{proxy+} -> https://api.openai.com/v1/{proxy}",
);
const anthropic = routeOf(
  "anthropic",
  "POST /claude/{proxy+} -> https://api.anthropic.com/{proxy}",
);
const mcp = routeOf("mcp", "GET,POST /tools -> https://mcp.example.com/mcp");

const fold = (one: Run): string =>
  /<details><summary>Snippets to copy.*?<\/details>/s.exec(
    renderSummary(one),
  )?.[0] ?? "";
const titlesOf = (one: Run): string[] =>
  [...fold(one).matchAll(/^\*\*(.*)\*\*$/gm)].map(([, title = ""]) => title);
/** Every URL in the snippets, without the gate's own beginning. */
const urlsOf = (one: Run): string[] => [
  ...new Set(
    [...fold(one).matchAll(/"(https:[^"]*)"/g)].map(([, url = ""]) =>
      url.replace(urls.baseUrl, ""),
    ),
  ),
];

test("after an up the summary ends with snippets for the gate's services", () => {
  const one = up({
    routes: [openai, anthropic, mcp],
    tokenHeaders: ["Authorization", "x-api-key"],
  });
  expect(fold(one)).toMatchSnapshot();
  expect(renderSummary(one)).toMatch(/<\/details>\n\n---\n.*\n$/);
  expect(renderComment(one)).not.toContain("Snippets");
});

test.each([["X-Gate-Token"], ["x-api-key"]])(
  "a gate that reads %s alone gets its token there",
  (header) => {
    const one = up({
      routes: [openai, anthropic, mcp],
      tokenHeaders: [header],
    });
    expect(fold(one)).toMatchSnapshot();
  },
);

test("an MCP client with JWTs alone looks for its token by itself", () => {
  const auth = { ...summary().auth, modes: ["jwt" as const] };
  expect(fold(up({ routes: [mcp], auth }))).not.toContain("GATE_TOKEN}");
  expect(fold(up({ routes: [mcp] }))).toContain(
    '"Authorization": "Bearer ${GATE_TOKEN}"',
  );
});

test.each<[string, Partial<Run>]>([
  ["a preview", { command: "preview", previewed: true }],
  ["an up that stopped before it began", { previewed: true }],
  ["an up that failed", { failure: { reason: "engine", message: "x" } }],
  [
    "a failed proof",
    {
      proof: proof("failed"),
      failure: { reason: "gate-broken", message: "x" },
    },
  ],
  ["a gate without a URL", { urls: undefined }],
  ["the output command", { command: "output" }],
  ["a destroy", { command: "destroy" }],
])("%s has none", (_, more) => {
  expect(fold(up({ routes: [openai] }))).not.toBe("");
  expect(fold(up({ routes: [openai] }, more))).toBe("");
});

test.each<[kind: string, route: string, urls: string[]]>([
  ["openai", "POST /a/{proxy+} -> https://x.com/v1/{proxy}", ["/a"]],
  ["openai", "POST /a/{proxy+} -> https://x.com/api/v1/{proxy}", ["/a"]],
  ["openai", "POST /a/{proxy+} -> https://x.com/v1beta/openai/{p}", ["/a"]],
  ["openai", "POST /a/{proxy+} -> https://x.com/{proxy}", ["/a/v1"]],
  [
    "openai",
    "POST /chat/completions -> https://x.com/v1/chat/completions",
    [""],
  ],
  ["anthropic", "POST /a/{proxy+} -> https://x.com/{proxy}", ["/a"]],
  ["anthropic", "POST /a/{proxy+} -> https://x.com/anthropic/{proxy}", ["/a"]],
  ["anthropic", "POST /a/v1/{proxy+} -> https://x.com/v1/{proxy}", ["/a"]],
  ["anthropic", "POST /c/v1/messages -> https://x.com/v1/messages", ["/c"]],
  // Known by its URL.
  ["http", "POST /a/{proxy+} -> https://api.openai.com/v1/{proxy}", ["/a"]],
  ["http", "POST /a/{proxy+} -> https://api.anthropic.com/{proxy}", ["/a"]],
])("%s below %s", (kind, text, [base = ""]) => {
  const one = up({ routes: [routeOf(kind, text)] });
  const endpoint = /anthropic/.test(kind + text)
    ? "/v1/messages"
    : "/chat/completions";
  expect(urlsOf(one)).toEqual([`${base}${endpoint}`, base]);
});

test("tools that call several paths are not offered one of them", () => {
  const exact = [
    routeOf(
      "openai",
      "POST /chat/completions -> https://x.com/chat/completions",
    ),
    routeOf("anthropic", "POST /v1/messages -> https://x.com/v1/messages"),
  ];
  expect(titlesOf(up({ routes: exact })).join()).not.toMatch(/Codex|Claude/);
  const greedy = up({ routes: [openai, anthropic] });
  expect(titlesOf(greedy).join()).toMatch(/Codex.*Claude/);
});

test.each([
  ["openai", "GET /a/{proxy+} -> https://x.com/v1/{proxy}"],
  ["openai", "POST /a/{proxy+} -> https://x.com/v1/chat/{proxy}"],
  ["openai", "POST /a/{proxy+} -> https://x.com/{proxy}/v1"],
  ["openai", "POST /embed -> https://x.com/v1/embeddings"],
  ["anthropic", "POST /a/{proxy+} -> https://x.com/v1/{proxy}"],
  ["anthropic", "POST /messages -> https://x.com/v1/messages"],
  ["openai", "POST /{team}/{proxy+} -> https://x.com/v1/{proxy}"],
  ["azure-openai", "POST /a/{proxy+} -> https://x.com/openai/{proxy}"],
  ["http", "POST /a/{proxy+} -> https://api.openai.com.example.com/v1/{proxy}"],
  ["http", "POST /a/{proxy+} -> http://api.openai.com/v1/{proxy}"],
  ["http", "POST /a/{proxy+} -> lambda:tool"],
])("no SDK can use the %s route %s: it is a call with curl", (kind, text) => {
  expect(titlesOf(up({ routes: [routeOf(kind, text)] }))).toEqual(["curl"]);
});

test("parts of a path that the caller fills are words in capitals", () => {
  const routes = [
    routeOf("http", "POST /a/{team}/{proxy+} -> https://x.com/{p}"),
  ];
  expect(urlsOf(up({ routes }))).toEqual(["/a/TEAM/PATH"]);
});

test("the next route of a kind is taken where the first does not fit", () => {
  const first = routeOf("openai", "GET /models -> https://x.com/v1/models");
  expect(urlsOf(up({ routes: [first, openai] }))).toContain("/openai");
});

test.each(hostile)("%j stays out", (text) => {
  const path = `/${text}/{proxy+}`;
  for (const kind of ["openai", "anthropic", "mcp", "http"])
    expect(fold(up({ routes: [{ ...openai, kind, path }] }))).toBe("");
  expect(fold(up({ routes: [openai], tokenHeaders: [text] }))).toBe("");
  const bad = { ...urls, baseUrl: text };
  expect(fold(up({ routes: [openai] }, { urls: bad }))).toBe("");
});

test("hundreds of routes have one set of snippets a kind", () => {
  const kinds = ["openai", "anthropic", "mcp", "http"];
  const routes = crowdedRun.after!.routes.flatMap(({ path }) =>
    kinds.map((kind) => ({ ...openai, kind, path })),
  );
  const one = up({ routes: [openai, anthropic, mcp, ...routes] });
  expect(titlesOf(one)).toHaveLength(9);
  expect(fold(one).length).toBeLessThan(6000);
});
