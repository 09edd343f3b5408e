// What a consumer may call: routes, methods and parts of them, whatever stands beside them on the gate.
import {
  bearer,
  consumer,
  denied,
  gateFor,
  noRoute,
  outcome,
  unauthorized,
  valuesOf,
  type Caller,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

// An empty segment filled `{tenant}`, so that a pattern of the one route held the path of the other.
describe("a route of a parameter beside a literal one", () => {
  const gate = gateFor(`
upstreams: { tenants: { url: "https://t.example.com/{tenant}" }, all: { url: https://all.example.com } }
routes:
  - { path: "/{tenant}/usage", methods: [GET], upstream: tenants }
  - { path: /usage, methods: [GET], upstream: all }
consumers:
${consumer("team-a", '["/{tenant}/usage"]')}
${consumer("admin")}`);

  test.each([
    ["/acme/usage", "200"],
    ["/usage", denied],
    ["//usage", denied],
    ["///usage", denied],
    ["//usage/", denied],
    ["/%2f/usage", denied],
    ["/%2e/usage", denied],
    ["/../usage", denied],
    ["/acme//usage", noRoute],
  ])("GET %s is %s", async (path, expected) => {
    expect(outcome(await gate.it.ask("GET", path, bearer("team-a")))).toBe(
      expected,
    );
    expect(gate.it.seen.map(({ url }) => url)).toEqual(
      expected === "200" ? ["/acme"] : [],
    );
  });
});

describe("parts of a gate", () => {
  const many = Array.from({ length: 100 }, (_, at) => `/r${at}`);
  const gate = gateFor(`
upstreams:
  a: { url: https://a.example.com }
  b: { url: https://b.example.com }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: a }
  - { path: /openai/models, methods: [GET], upstream: b }
  - { path: "/openai/files/{id}", methods: [GET, DELETE], upstream: b }
${many.map((path) => `  - { path: ${path}, methods: [GET, POST], upstream: b }`).join("\n")}
consumers:
${consumer("team-a", "[/openai/models]")}
${consumer("team-b", '["GET /openai/**"]')}
${consumer("scores", '["/openai/v1/**", "DELETE /openai/files/{id}", "/openai/chat/completions"]')}
${consumer("admin", JSON.stringify(many.map((path) => `GET ${path}`)))}`);

  test.each<[Caller, string, string, string]>([
    // One exact route beside a greedy one.
    ["team-a", "GET", "/openai/models", "b.example.com"],
    ["team-a", "GET", "/openai/models/", "b.example.com"],
    ["team-a", "POST", "/openai/models", denied],
    ["team-a", "GET", "/openai/models/x", denied],
    ["team-a", "GET", "/openai/Models", denied],
    ["team-a", "GET", "/openai/%6dodels", denied],
    ["team-a", "GET", "/openai/x", denied],
    // One method of all that is below a prefix.
    ["team-b", "GET", "/openai/models", "b.example.com"],
    ["team-b", "GET", "/openai/x/y", "a.example.com"],
    ["team-b", "GET", "/openai/files/1", "b.example.com"],
    ["team-b", "POST", "/openai/x", denied],
    ["team-b", "DELETE", "/openai/files/1", denied],
    ["team-b", "GET", "/r0", denied],
    // Parts below a greedy route, one of them a single path.
    ["scores", "POST", "/openai/v1/chat", "a.example.com"],
    ["scores", "POST", "/openai/v1", "a.example.com"],
    ["scores", "POST", "/openai/v1/../models", denied],
    ["scores", "POST", "/openai/v11/chat", denied],
    ["scores", "POST", "/openai/chat/completions", "a.example.com"],
    ["scores", "POST", "/openai/chat/completions/", "a.example.com"],
    ["scores", "POST", "/openai/chat/completions/x", denied],
    ["scores", "POST", "/openai/chat%2Fcompletions", denied],
    ["scores", "GET", "/openai/models", denied],
    ["scores", "GET", "/openai/files/1", denied],
    ["scores", "DELETE", "/openai/files/1", "b.example.com"],
    // A hundred routes, one method of each.
    ["admin", "GET", "/r0", "b.example.com"],
    ["admin", "GET", "/r99", "b.example.com"],
    ["admin", "POST", "/r99", denied],
    ["admin", "GET", "/openai/models", denied],
    ["unknown", "GET", "/r99", unauthorized],
  ])("%s: %s %s is %s", async (caller, method, path, expected) => {
    const answer = await gate.it.ask(method, path, bearer(caller));
    const host = gate.it.seen.map((seen) => valuesOf(seen, "host").join());
    expect(host[0] ?? outcome(answer)).toBe(expected);
  });
});
