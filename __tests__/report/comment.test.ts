import fc from "fast-check";
import type { GateFailure } from "../../src/gate/failure.ts";
import type { ProofResult } from "../../src/proof/check.ts";
import type { Change } from "../../src/report/changes.ts";
import { commentMarker, renderComment } from "../../src/report/comment.ts";
import type { Run } from "../../src/report/run.ts";
import { byteLength } from "../../src/report/sections.ts";
import { renderSummary } from "../../src/report/summary.ts";
import {
  change,
  consumer,
  hostile,
  proof,
  proofLine,
  route,
  run,
  summary,
  urls,
} from "./runs.ts";

// What the other rooms hand over is what the report takes: the compiler checks it.
export const handOver = (proved: ProofResult, failed: GateFailure) =>
  run({ proof: proved, failure: failed });

const up: Partial<Run> = { command: "up", previewed: false };

test("a first preview, as it is posted", () => {
  const comment = renderComment(
    run({
      after: summary(),
      changes: [
        change("create", {
          type: "aws:lambda/function:Function",
          name: "authorizer",
        }),
        change("delete", { name: "old", diffs: [] }),
        change("update", { diffs: ["tags", "body"] }),
        change("replace", { diffs: ["name"], replaceKeys: ["name"] }),
      ],
    }),
  );
  expect(comment).toBe(`<!-- ai-gate-action gate=ai-gate/prod -->
### AI gate <code>prod</code>

**1 to create, 1 to update, 1 to replace, 1 to delete**

The gate is new: 2 routes and 2 consumers.

| Create | Update | Replace | Delete |
|---|---|---|---|
| 1 | 1 | 1 | 1 |

#### Routes

| | Route | Upstream | Who may call |
|---|---|---|---|
| new | GET, POST <code>/openai/&#123;proxy&#43;&#125;</code> | <code>openai</code> <code>api&#46;openai&#46;com</code> | <code>team-a</code>, <code>ops</code> |
| new | POST <code>/score</code> | <code>scorer</code> <code>scorer&#46;example&#46;com</code> | <code>ops</code> |

#### Who reaches what

\`\`\`mermaid
flowchart LR
  c0(["team-a"])
  c1(["ops"])
  r0["GET, POST /openai/{proxy+}"]
  r1["POST /score"]
  u0[/"openai"/]
  u1[/"scorer"/]
  c0 --> r0
  c1 --> r0
  c1 --> r1
  r0 --> u0
  r1 --> u1
\`\`\`

<details><summary>4 resource changes</summary>

- delete <code>old</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>)
- replace <code>gate-stage</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>): <code>name</code>; replaced because of <code>name</code>
- create <code>authorizer</code> (<code>aws&#58;lambda/function&#58;Function</code>)
- update <code>gate-stage</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>): <code>tags</code>, <code>body</code>

</details>

---
[run](<https://github.com/o/r/actions/runs/1>) · commit <code>0123456</code> · preview, nothing was changed
`);
});

test("after up: the URL and the proof", () => {
  const comment = renderComment(
    run({
      ...up,
      before: summary(),
      after: summary(),
      urls,
      proof: proof("passed", "passed"),
    }),
  );
  expect(comment).toContain(
    "Call it at <code>https&#58;//abc123&#46;execute-api",
  );
  expect(comment).toContain(
    "| passed | GET /score without a credential | 401 from the gate | 401 UNAUTHORIZED |",
  );
  expect(comment).toContain("· up\n");
  expect(comment).not.toContain("nothing was changed");
  expect(comment).not.toContain("The gate is new");
  expect(comment.indexOf("#### Routes")).toBeLessThan(
    comment.indexOf("#### Proof"),
  );
});

test("what did not pass comes first in the table, and a failed proof before the routes", () => {
  const results = [
    proofLine("passed", { title: "A" }),
    proofLine("not-made", { title: "B", actual: "", message: "no consumer" }),
    proofLine("warning", {
      title: "C",
      actual: "401",
      message: "check the secret",
    }),
    proofLine("failed", {
      title: "D",
      actual: "200",
      message: "THE GATE IS OPEN",
    }),
  ];
  const comment = renderComment(
    run({
      ...up,
      after: summary(),
      proof: { broken: true, failed: true, results },
    }),
  );
  const rows = comment.match(
    /^\| (?:\*\*failed\*\*|warning|not made|passed) .*$/gm,
  );
  expect(rows).toEqual([
    "| **failed** | D | 401 from the gate | 200&#58; THE GATE IS OPEN |",
    "| warning | C | 401 from the gate | 401&#58; check the secret |",
    "| not made | B | 401 from the gate | no consumer |",
    "| passed | A | 401 from the gate | 401 UNAUTHORIZED |",
  ]);
  expect(comment.indexOf("#### Proof")).toBeLessThan(
    comment.indexOf("#### Routes"),
  );
});

test("security-relevant differences come first and in words", () => {
  const before = summary({ auth: { mode: "custom", cacheTtl: 60 } });
  const after = summary({ routes: summary().routes.slice(0, 1) });
  const comment = renderComment(run({ before, after }));
  expect(comment).toContain(
    "#### Look at this first\n\n- The authorizer changes from custom to token\n",
  );
  expect(comment).toContain(
    "#### Also different\n\n- POST /score is removed\n",
  );
  expect(comment.indexOf("Look at this first")).toBeLessThan(
    comment.indexOf("Also different"),
  );
  expect(comment.indexOf("Also different")).toBeLessThan(
    comment.indexOf("#### Routes"),
  );
  expect(comment).toContain("| removed | POST <code>/score</code>");
});

const api = (op: Change["op"], more: Partial<Change> = {}) =>
  change(op, { type: "aws:apigateway/restApi:RestApi", ...more });

test.each<[string, Partial<Run>, string]>([
  [
    "a replaced RestApi",
    { changes: [api("replace")] },
    "The gate's URL will change, because the RestApi is replaced; callers need the new one",
  ],
  [
    "a replaced RestApi, done",
    { ...up, changes: [api("replace")] },
    "The gate's URL has changed, because",
  ],
  [
    "a deleted RestApi",
    { command: "destroy", changes: [api("delete")] },
    "The gate's URL will stop answering",
  ],
  [
    "a deleted RestApi, done",
    { command: "destroy", previewed: false, changes: [api("delete")] },
    "The gate's URL answers no more",
  ],
  [
    "another stage name",
    { before: summary(), after: summary({ stageName: "v2" }) },
    "The gate's URL will change&#58; it ends in v2 instead of v1",
  ],
])("the URL: %s", (_, more, words) => {
  const comment = renderComment(run(more));
  expect(comment).toContain(`#### Look at this first\n\n- ${words}`);
});

test.each<[string, Partial<Run>]>([
  ["an updated RestApi", { changes: [api("update")] }],
  ["a new RestApi", { changes: [api("create")] }],
  [
    "a replacement that failed",
    { changes: [api("replace", { failed: true })] },
  ],
  ["nothing", { before: summary(), after: summary() }],
])("the URL stays with %s", (_, more) => {
  expect(renderComment(run(more))).not.toContain("Look at this first");
});

test("a failure says what is wrong, where, and is still a comment about this gate", () => {
  const failure = {
    reason: "invalid-input",
    message: "2 problems",
    problems: [
      { where: "routes[0].path", message: "`/a b` has a space" },
      { where: "stack", message: "is missing" },
    ],
  } as const;
  expect(renderComment(run({ failure })))
    .toBe(`<!-- ai-gate-action gate=ai-gate/prod -->
### AI gate <code>prod</code>

**Failed&#58; 2 problems**

#### What is wrong

- <code>routes&#91;0&#93;&#46;path</code>: <code>/a b</code> has a space
- <code>stack</code>: is missing

---
[run](<https://github.com/o/r/actions/runs/1>) · commit <code>0123456</code> · preview, nothing was changed
`);
});

test.each<[string, Partial<Run>, string]>([
  ["no changes", { before: summary(), after: summary() }, "**No changes**"],
  [
    "a state in doubt",
    { ...up, maybeCorrupt: true },
    "run <code>refresh</code>",
  ],
  [
    "a failed resource",
    { ...up, changes: [change("create", { failed: true })] },
    "- **failed to** create <code>gate-stage</code>",
  ],
  [
    "many properties",
    {
      changes: [
        change("update", {
          diffs: Array.from({ length: 25 }, (_, index) => `p${index}`),
        }),
      ],
    },
    "<code>p19</code>, 5 more",
  ],
  [
    "twenty properties",
    {
      changes: [
        change("update", {
          diffs: Array.from({ length: 20 }, (_, index) => `p${index}`),
        }),
      ],
    },
    "<code>p19</code>\n",
  ],
])("%s", (_, more, words) => {
  expect(renderComment(run(more))).toContain(words);
});

test.each<[string, Partial<Run>]>([
  ["no run URL", { runUrl: undefined }],
  ["a run URL that is none", { runUrl: "javascript:x" }],
  ["a commit that is none", { sha: "<b>" }],
])("the footer leaves out %s", (_, more) => {
  const foot = renderComment(run(more)).split("---\n").at(-1)!;
  expect(foot.split(" · ")).toHaveLength(2);
  expect(foot).not.toContain("<b>");
});

test("the output command repeats the URL only once", () => {
  const comment = renderComment(
    run({ command: "output", previewed: false, urls }),
  );
  expect(comment.match(/execute-api/g)).toHaveLength(1);
});

test.each([
  ["ai-gate/prod", "<!-- ai-gate-action gate=ai-gate/prod -->"],
  ["a b/c", "<!-- ai-gate-action gate=a%20b/c -->"],
  ["x-->\n<b>", "<!-- ai-gate-action gate=x--%3E%0A%3Cb%3E -->"],
  ["\uD800", "<!-- ai-gate-action gate=%EF%BF%BD -->"],
])("the marker of %j", (id, marker) => {
  expect(commentMarker(id)).toBe(marker);
  expect(renderComment(run({ gateId: id })).startsWith(`${marker}\n`)).toBe(
    true,
  );
});

/** Fails if anything in the text is more than the report's own few tags, fences, tables and links. */
function expectHarmless(text: string) {
  const outside = text
    .replace(/^<!-- ai-gate-action gate=[^<>\s]* -->\n/, "")
    .replace(/```mermaid\n[^`]*\n```/, "");
  expect(outside).not.toContain("`");
  const tags = outside.match(/<(?!https:)[^>]*>?/g) ?? [];
  const known = [
    "<code>",
    "</code>",
    "<details>",
    "</details>",
    "<summary>",
    "</summary>",
  ];
  expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
  expect(tags.filter((tag) => tag === "<details>")).toHaveLength(
    tags.filter((tag) => tag === "</details>").length,
  );
  expect(outside).not.toMatch(/[@$~\\!\u202E\p{Cs}\0]/u);
  for (const row of outside.match(/^\|.*$/gm) ?? [])
    expect(row.split("|")).toHaveLength(6);
  expect(outside.match(/\[/g)?.length ?? 0).toBeLessThanOrEqual(1);
  for (const line of outside.split("\n"))
    expect(line).toMatch(
      /^(?:$|#{3,4} \w|\*\*|\||- |<\/?details>|[CT_…]|---$|\[run\]|commit|up$|The )/,
    );
}

const name = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: "binary", maxLength: 300 }),
);
const names = fc.array(name, { minLength: 1, maxLength: 12 });

function hostileRun(texts: readonly string[], count: number): Run {
  const pick = (index: number) => texts[index % texts.length] ?? "";
  const many = <Item>(make: (index: number) => Item) =>
    Array.from({ length: count }, (_, index) => make(index));
  const gate = (shift: number) =>
    summary({
      stageName: pick(shift),
      tokenHeader: pick(shift + 1),
      routes: many((index) =>
        route(`/${index + shift}${pick(index)}`, {
          upstream: pick(index + shift),
          host: pick(index),
          target: pick(index + shift),
        }),
      ),
      consumers: many((index) =>
        consumer(pick(index), `/${index}${pick(index)}`, "/**"),
      ).slice(0, 300),
      origins: texts.slice(shift),
    });
  return run({
    ...up,
    gateId: pick(0),
    stack: pick(1),
    before: gate(0),
    after: gate(1),
    urls: { ...urls, invokeUrl: pick(2) },
    changes: many((index) =>
      change("update", {
        name: pick(index),
        type: pick(index + 1),
        diffs: [pick(index + 2)],
        replaceKeys: [pick(index + 3)],
      }),
    ),
    proof: {
      broken: true,
      failed: true,
      results: many((index) =>
        proofLine("failed", {
          title: pick(index),
          actual: pick(index + 1),
          message: pick(index + 2),
        }),
      ),
    },
    failure: {
      reason: "engine",
      message: pick(3),
      problems: many((index) => ({
        where: pick(index),
        message: pick(index + 1),
      })).slice(0, 50),
    },
    runUrl: pick(4),
    sha: pick(5),
  });
}

test("names never become anything but names", () => {
  fc.assert(
    fc.property(names, (texts) => {
      const hostileOne = hostileRun(texts, 6);
      expectHarmless(renderComment(hostileOne));
      expectHarmless(renderSummary(hostileOne));
    }),
    { numRuns: 60 },
  );
});

test("10,000 changes and hostile names stay below GitHub's limits, marker and footer kept", () => {
  const build = (texts: readonly string[]) => ({
    ...hostileRun(texts, 500),
    changes: Array.from({ length: 10_000 }, (_, index) =>
      change("create", {
        name: texts[index % texts.length] ?? "",
        diffs: texts.slice(0, 3),
      }),
    ),
  });
  fc.assert(
    fc.property(names, (texts) => {
      const large = build(texts);
      const comment = renderComment(large);
      const marker = `${commentMarker(large.gateId)}\n`;
      expect(byteLength(comment)).toBeLessThanOrEqual(65_000);
      expect(comment.startsWith(marker)).toBe(true);
      expect(comment.slice(-200)).toMatch(/\n---\n(?:.* · )?up\n$/);
      expect(comment).toContain(
        "_Shortened to fit; the summary of the run has all of it._",
      );
      expectHarmless(comment);
    }),
    { numRuns: 5 },
  );
});

test("the summary keeps what the comment has to drop, within 1 MiB", () => {
  const changes = Array.from({ length: 5000 }, (_, index) =>
    change("create", { name: `n${index}` }),
  );
  const full = renderSummary(run({ changes }));
  expect(full).toContain("<code>n4999</code>");
  expect(full).not.toContain("Shortened");
  expect(full.startsWith("### AI gate")).toBe(true);
  expect(renderComment(run({ changes }))).not.toContain("<code>n4999</code>");
  const larger = renderSummary({
    ...hostileRun(hostile, 300),
    changes: Array.from({ length: 20_000 }, () => change("create")),
  });
  expect(byteLength(larger)).toBeLessThanOrEqual(1024 * 1024);
  expect(larger).toContain("_Shortened to fit into a step summary._");
});
