// A secret in what the engine says of a resource never reaches anything that is written.
import { readEvents, type ReportedEvent } from "../../../src/report/changes.ts";
import { renderComment, renderSummary } from "../../../src/report/comment.ts";
import { outputsOf } from "../../../src/report/outputs.ts";
import { run, summary } from "../../fixtures/runs.ts";

const planted = "planted-7f3a";
const marked = (value: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  // The engine writes `[secret]` instead; should it ever not, nothing must change.
  ciphertext: value,
  plaintext: value,
  value,
});

const properties = (end: string) => ({
  description: `harmless ${end}`,
  password: planted + end,
  clientSecret: planted + end,
  tokens: [planted + end],
  value: planted + end,
  environment: { variables: { ANYTHING: planted + end } },
  settings: { rate: planted + end },
  body: JSON.stringify({ paths: { "/a": planted + end } }).padEnd(200),
  marked: marked(planted + end),
  deep: [{ marked: marked(planted + end) }],
  longKey: `${planted}-${"x".repeat(30)}${end}`,
  url: `https://user:${planted}${end}@example.com`,
  signed: `https://example.com/x?sig=${planted}${end}`,
  masked: `plain words with mask-me-${planted}${end}`,
});

const paths = [
  "description",
  "password",
  "clientSecret",
  "tokens[0]",
  "value",
  "environment.variables.ANYTHING",
  "settings.rate",
  "body",
  "marked",
  "marked.value",
  "marked.ciphertext",
  "deep[0].marked",
  "deep[0].marked.plaintext",
  "longKey",
  "url",
  "signed",
  "masked",
];

const event = (op: string, name: string): ReportedEvent => ({
  resOutputsEvent: {
    metadata: {
      op,
      urn: `urn:pulumi:prod::ai-gate::aws:x/y:Z::${name}`,
      type: "aws:x/y:Z",
      detailedDiff: Object.fromEntries(
        paths.map((path) => [path, { diffKind: "update" }]),
      ),
      old: { inputs: properties("1"), outputs: properties("1") },
      new: { inputs: properties("2"), outputs: properties("2") },
    },
  },
});

const say = (severity: string): ReportedEvent => ({
  diagnosticEvent: { severity, message: `the key is ${planted}` },
});

const read = () =>
  readEvents(
    [
      event("create", "one"),
      event("update", "two"),
      event("replace", "three"),
      event("delete", "four"),
      // The engine's debug messages hold secrets in clear.
      say("debug"),
      say("info"),
      say("warning"),
    ],
    [`mask-me-${planted}2`],
  );

test.each(["preview", "up", "refresh", "drift", "destroy", "output"] as const)(
  "nothing that %s writes holds a planted secret",
  (command) => {
    const one = run({
      command,
      previewed: false,
      changes: read().changes,
      before: summary(),
      after: summary(),
    });
    const written = [
      renderComment(one),
      renderSummary(one),
      ...Object.values(outputsOf(one, "")),
    ].join("\n");
    expect(written).not.toContain("planted");
    // The test would see it: what is harmless is there, and so is every path.
    expect(written).toContain(
      "<code>harmless 1</code> → <code>harmless 2</code>",
    );
    expect(written).toContain("<code>clientSecret</code>");
  },
);

test("only the harmless value is kept of them", () => {
  const { changes, errors } = read();
  expect(changes).toHaveLength(4);
  for (const { values, diffs } of changes) {
    expect(Object.keys(values)).toEqual(["description"]);
    expect(diffs).toEqual(paths);
  }
  expect(errors).toEqual([]);
});
