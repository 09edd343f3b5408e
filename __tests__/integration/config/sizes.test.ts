// Files of the largest sizes that are read: an answer comes in seconds, and never with more than the first hundred problems.
import { parseGate } from "../../../src/config/parse-gate.ts";
import { fewInputs, problemsOf, sourceOf } from "../../fixtures/sources.ts";

const services = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
`;

const problemsIn = (text: string) => problemsOf(sourceOf(fewInputs, text));

test.each(["[", "{ a: ", "- ", "? ", '"', "a: *x\n", "!x ", "&x "])(
  "ninety thousand of %j is one problem",
  (piece) => {
    expect(
      problemsIn(piece.repeat(Math.floor(90_000 / piece.length))),
    ).toHaveLength(1);
  },
);

test("of many unknown keys the first hundred are reported", () => {
  const lines = Array.from({ length: 15_000 }, () => "- {a: 1, b: 2, c: 3}\n");
  const problems = problemsIn(`${services}consumers:\n${lines.join("")}`);
  expect(problems).toHaveLength(101);
  expect(problems.every(({ message }) => message !== "")).toBe(true);
  expect(problems.at(-1)?.message).toContain("59900 more problems");
});

test("no consumer is compared with the routes of a gate that has too many", () => {
  const routes = Array.from(
    { length: 400 },
    (_, at) => `  - { path: "/r${at}/{proxy+}", upstream: a }\n`,
  );
  const consumers = Array.from(
    { length: 1000 },
    (_, at) =>
      `  - { id: c${at}, token: { env: A${at}_TOKEN }, routes: [/x${at}] }\n`,
  );
  const [upstreams = ""] = services.split("\n");
  const messages = problemsOf({
    ...sourceOf(
      fewInputs,
      `${upstreams}\nroutes:\n${routes.join("")}consumers:\n${consumers.join("")}`,
    ),
    environment: (name) => `token-of-the-consumer-${name}-0123456789`,
  }).map(({ message }) => message);
  expect(messages).toEqual([
    expect.stringContaining("802 API Gateway resources"),
  ]);
});

test("10,000 consumers are not too many", () => {
  const lines = Array.from(
    { length: 10_000 },
    (_, at) =>
      `  - { id: team-${at}, token: { sha256: "${at.toString(16).padStart(64, "0")}" }, routes: ["/a"] }\n`,
  );
  const parsed = parseGate(
    sourceOf(fewInputs, `${services}consumers:\n${lines.join("")}`),
  );
  expect("gate" in parsed && parsed.gate.consumers).toHaveLength(10_000);
});
