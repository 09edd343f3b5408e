import { diagram } from "../../../src/report/diagram.ts";
import {
  consumer,
  customAuth,
  hostile,
  route,
  summary,
} from "../../fixtures/runs.ts";

test("consumers, routes, upstreams and who reaches what", () => {
  expect(diagram(summary())).toMatchSnapshot();
});

test("consumers with the same routes are one node, those without any none", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const text = diagram(
    summary({
      consumers: [
        ...ids.map((id) => consumer(id, "/score")),
        consumer("lost", "/gone"),
      ],
    }),
  );
  expect(text).toContain('c0(["a, b, c, +2 more"])');
  expect(text).not.toContain("c1");
  expect(text).not.toContain("lost");
});

test("three consumers are named, and no more than there are", () => {
  const consumers = ["a", "b", "c"].map((id) => consumer(id, "/score"));
  expect(diagram(summary({ consumers }))).toContain('c0(["a, b, c"])');
});

test("with a custom authorizer its callers are one node", () => {
  const text = diagram(summary({ auth: customAuth, consumers: [] }));
  expect(text).toContain('c0(["callers your authorizer knows"])');
  expect(text).toContain("c0 --> r1");
});

test("a public route has anybody for a caller, and no consumer", () => {
  const routes = [route("/a", { guarded: false }), route("/b")];
  const consumers = [
    consumer("ops", "/**"),
    { ...consumer("off", "/**"), disabled: true },
  ];
  const lines = ["  r0 --> u0", "  r1 --> u0"];
  expect(diagram(summary({ routes, consumers })).split("\n")).toEqual([
    "flowchart LR",
    '  c0(["anybody #40;no credential#41;"])',
    '  c1(["ops"])',
    '  r0["GET, POST /a"]',
    '  r1["GET, POST /b"]',
    '  u0[/"openai"/]',
    "  c0 --> r0",
    "  c1 --> r1",
    ...lines,
  ]);
  expect(
    diagram(summary({ routes, auth: customAuth, consumers: [] })),
  ).toContain('c1(["callers your authorizer knows"])');
});

test("a big gate: twenty nodes a column and one for the rest, below Mermaid's limits", () => {
  const routes = Array.from({ length: 250 }, (_, index) =>
    route(`/r${index}/${"<".repeat(200)}`, { upstream: `u${index}` }),
  );
  const consumers = routes.map(({ path }, index) =>
    consumer(`c${index}`, path, `/r${(index * 7) % 250}/**`),
  );
  const text = diagram(summary({ routes, consumers }));
  for (const [column, count] of [
    ["c", 230],
    ["r", 230],
    ["u", 230],
  ] as const) {
    const nodes =
      text.match(new RegExp(`^  ${column}\\d+[^ ]*".*"`, "gm")) ?? [];
    expect(nodes).toHaveLength(21);
    expect(nodes.at(-1)).toContain(`+${count} more`);
  }
  expect(text).toContain("c20 --> r20");
  expect(text).toContain("r20 --> u20");
  expect(text.match(/-->/g)!.length).toBeLessThan(500);
  expect(text.length).toBeLessThan(50_000);
});

test("10,000 consumers with all routes are drawn at once", () => {
  const consumers = Array.from({ length: 10_000 }, (_, index) =>
    consumer(`c${index}`, "/**"),
  );
  expect(diagram(summary({ consumers }))).toContain(
    'c0(["c0, c1, c2, +9997 more"])',
  );
});

test.each(hostile)("%j is a label and nothing else", (text) => {
  const lines = diagram(
    summary({
      routes: [route(`/${text}`, { upstream: text })],
      consumers: [consumer(text, "/**")],
    }),
  ).split("\n");
  expect(lines).toHaveLength(6);
  const inner = '[^"<>`%#\\n]*(?:#\\d+;[^"<>`%#\\n]*)*';
  expect(lines[1]).toMatch(new RegExp(`^  c0\\(\\["${inner}"\\]\\)$`));
  expect(lines[2]).toMatch(new RegExp(`^  r0\\["${inner}"\\]$`));
  expect(lines[3]).toMatch(new RegExp(`^  u0\\[/"${inner}"/\\]$`));
});
