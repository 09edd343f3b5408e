import type { GateSummary } from "../../../src/diff/summary.ts";
import { brief } from "../../../src/report/markdown.ts";
import type { Run } from "../../../src/report/run-result.ts";
import { routesSection } from "../../../src/report/tables.ts";
import { wordGate } from "../../../src/report/verdict.ts";
import { credential } from "../../fixtures/summaries.ts";
import {
  api,
  consumer,
  customAuth,
  route,
  run,
  summary,
  urls,
} from "../../fixtures/runs.ts";

const marks = (more: Partial<Run>) =>
  routesSection(run(more), brief).lines.map((line) =>
    line
      .replace(/^\| (\w*) \| (.*?) <code>(.*?)<\/code> .*$/, "$1 $2 $3")
      .replaceAll(", ", ",")
      .trim(),
  );

const one = (
  more: Parameters<typeof route>[1] = {},
  rest: Partial<GateSummary> = {},
) =>
  summary({
    routes: [route("/a", more)],
    consumers: [consumer("ops", "/**")],
    ...rest,
  });

test.each<[string, Partial<Run>, string[]]>([
  ["a new gate", { after: one() }, ["new GET,POST /a"]],
  [
    "a gate that is there, of which nothing is known",
    { after: one(), urls },
    ["GET,POST /a"],
  ],
  [
    "a new gate, made",
    { after: one(), urls, changes: [api("create")] },
    ["new GET,POST /a"],
  ],
  ["the same gate", { before: one(), after: one() }, ["GET,POST /a"]],
  [
    "the same gate, of whose upstreams the kind was not stored",
    { before: one(), after: one({ kind: "openai" }) },
    ["GET,POST /a"],
  ],
  [
    "a method less",
    { before: one(), after: one({ methods: ["GET"] }) },
    ["changed GET /a"],
  ],
  [
    "another target",
    { before: one({ target: "https://x" }), after: one() },
    ["changed GET,POST /a"],
  ],
  [
    "a credential where there was none",
    { before: one(), after: one({ credential }) },
    ["changed GET,POST /a"],
  ],
  [
    "no guard any more",
    { before: one(), after: one({ guarded: false }) },
    ["changed GET,POST /a"],
  ],
  [
    "another secret",
    {
      before: one({ credential }),
      after: one({ credential: { ...credential, secret: "x" } }),
    },
    ["changed GET,POST /a"],
  ],
  [
    "another timeout",
    { before: one(), after: one({ timeout: 1 }) },
    ["changed GET,POST /a"],
  ],
  [
    "a caller that is disabled",
    {
      before: one(),
      after: one(
        {},
        { consumers: [{ ...consumer("ops", "/**"), disabled: true }] },
      ),
    },
    ["changed GET,POST /a"],
  ],
  [
    "files alone",
    { after: one(), filesOnly: "no credentials" },
    ["GET,POST /a"],
  ],
  [
    "another caller",
    { before: one({}, { consumers: [consumer("b", "/a")] }), after: one() },
    ["changed GET,POST /a"],
  ],
  [
    "a caller that lost it",
    {
      before: one(
        {},
        { consumers: [consumer("ops", "/**"), consumer("b", "/a")] },
      ),
      after: one(),
    },
    ["changed GET,POST /a"],
  ],
  [
    "another authorizer",
    {
      before: one({}, { auth: customAuth }),
      after: one(),
    },
    ["changed GET,POST /a"],
  ],
  [
    "a route more and a route less",
    { before: summary({ routes: [route("/old")] }), after: one() },
    ["new GET,POST /a", "removed GET,POST /old"],
  ],
  [
    "all methods changed",
    { before: one({ methods: ["PUT"] }), after: one() },
    ["new GET,POST /a", "removed PUT /a"],
  ],
  ["a destroy", { command: "destroy", before: one() }, ["removed GET,POST /a"]],
  [
    "a failed destroy",
    {
      command: "destroy",
      before: one(),
      failure: { reason: "engine", message: "x" },
    },
    [],
  ],
  [
    "a config that could not be read",
    { before: one(), failure: { reason: "invalid-input", message: "x" } },
    [],
  ],
  ["nothing known", {}, []],
  [
    "a command that does not say how the gate is",
    { before: one(), command: "up" },
    [],
  ],
])("marks of %s", (_, more, expected) => {
  expect(marks(more)).toEqual(expected);
});

test("the table says where a route leads and who may call it", () => {
  const { open, lines } = routesSection(
    run({ before: summary(), after: summary() }),
    brief,
  );
  expect(open).toContain("| | Route | Upstream | Who may call |");
  expect(lines).toEqual([
    "|  | GET, POST <code>/openai/&#123;proxy&#43;&#125;</code> | <code>openai</code> <code>api&#46;openai&#46;com</code> | <code>team-a</code>, <code>ops</code> |",
    "|  | POST <code>/score</code> | <code>scorer</code> <code>scorer&#46;example&#46;com</code> | <code>ops</code> |",
  ]);
});

test.each<[string, Partial<GateSummary>, string]>([
  ["no consumer", { consumers: [] }, "| no consumer |"],
  [
    "only one that is disabled",
    { consumers: [{ ...consumer("ops", "/**"), disabled: true }] },
    "| no consumer |",
  ],
  [
    "anybody",
    { routes: [route("/a", { guarded: false })] },
    "| **anybody, without a credential** |",
  ],
  [
    "five at most",
    {
      consumers: Array.from({ length: 9 }, (_, index) =>
        consumer(`c${index}`, "/**"),
      ),
    },
    "<code>c4</code>, 4 more |",
  ],
  [
    "exactly five",
    {
      consumers: Array.from({ length: 5 }, (_, index) =>
        consumer(`c${index}`, "/**"),
      ),
    },
    "<code>c4</code> |",
  ],
  ["a custom authorizer", { auth: customAuth }, "your authorizer decides"],
])("callers: %s", (_, more, expected) => {
  expect(
    routesSection(run({ after: summary(more) }), brief).lines[0],
  ).toContain(expected);
});

test.each<[Partial<GateSummary>, string]>([
  [{}, "2 routes and 2 consumers"],
  [
    { routes: [route("/a")], consumers: [consumer("a", "/a")] },
    "1 route and 1 consumer",
  ],
  [{ auth: customAuth }, "2 routes and your own authorizer"],
])("a gate in words", (more, expected) => {
  expect(wordGate(summary(more))).toBe(expected);
});

test.each([
  [["gpt-5"], "POST <code>/a</code>, only <code>gpt-5</code> |"],
  [
    ["a", "b", "c", "d", "e", "f", "g"],
    ", <code>d</code>, <code>e</code>, 2 more |",
  ],
])("the models of a route are shown: %j", (models, shown) => {
  const { lines } = routesSection(run({ after: one({ models }) }), brief);
  expect(lines.join()).toContain(shown);
});

test("other models are a change", () => {
  expect(
    marks({ before: one({ models: ["a"] }), after: one({ models: ["b"] }) }),
  ).toEqual([expect.stringMatching(/^changed/)]);
});

test("what the gate itself serves openly is no route that leads anywhere", () => {
  const path = "/.well-known/oauth-protected-resource/mcp";
  const metadata = [
    { path, issuers: ["https://login.example.com"], scopes: [] },
  ];
  const { lines } = routesSection(run({ after: one({}, { metadata }) }), brief);
  expect(lines.at(-1)).toBe(
    `|  | GET, HEAD <code>${path.replace(".", "&#46;")}</code> | the gate itself | anybody may read where MCP clients sign in: <code>https&#58;//login&#46;example&#46;com</code> |`,
  );
});

test("where it answers WebSocket handshakes is no route either", () => {
  const websockets = ["/openai/responses"];
  const { lines } = routesSection(
    run({ after: one({}, { websockets }) }),
    brief,
  );
  expect(lines.at(-1)).toBe(
    "|  | GET <code>/openai/responses</code> | the gate itself | 426 to clients that ask for a WebSocket: they go on with HTTP |",
  );
});

test("a function is said to see the caller's credential", () => {
  const [line] = routesSection(
    run({
      after: one({
        host: "lambda:tool",
        target: "lambda:tool",
        seesCredential: true,
      }),
    }),
    brief,
  ).lines;
  expect(line).toContain(
    "<code>lambda&#58;tool</code>, sees the caller's credential |",
  );
});
