import type { GateFailure } from "../../../src/gate/failure.ts";
import type { ProofResult } from "../../../src/proof/check.ts";
import {
  commentMarker,
  renderComment,
  renderSummary,
} from "../../../src/report/comment.ts";
import type { Finding } from "../../../src/report/findings.ts";
import type { Run } from "../../../src/report/report.ts";
import {
  api,
  change,
  consumer,
  customAuth,
  proof,
  proofLine,
  route,
  run,
  snapshot,
  summary,
  urls,
} from "../../fixtures/runs.ts";

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
        api("create"),
      ],
    }),
  );
  expect(comment).toBe(`<!-- ai-gate-action gate=ai-gate/prod -->
### AI gate <code>prod</code>

**2 to create**

The gate is new: 2 routes and 2 consumers.

| Create | Update | Replace | Delete |
|---|---|---|---|
| 2 | 0 | 0 | 0 |

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

<details><summary>2 resource changes</summary>

- create <code>authorizer</code> (<code>aws&#58;lambda/function&#58;Function</code>)
- create <code>gate</code> (<code>aws&#58;apigateway/restApi&#58;RestApi</code>)

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

const footer = (words: string) => `
---
[run](<https://github.com/o/r/actions/runs/1>) · commit <code>0123456</code> · ${words}
`;
const title = `<!-- ai-gate-action gate=ai-gate/prod -->
### AI gate <code>prod</code>
`;
const head = (verdict: string) => `${title}
**${verdict}**
`;
/** Of a run that failed. */
const alarm = (verdict: string) => `${title}
> [!CAUTION]
> **${verdict}**
`;
/** The comment without routes and diagram, which have tests of their own. */
const brief = (more: Partial<Run>) =>
  renderComment(run(more)).replace(
    /#### Routes\n[^]*?```\n\n(?=<details>|---)/,
    "",
  );

test("a change of security comes first, in words, with all resources behind a fold", () => {
  const before = summary({ auth: customAuth, consumers: [] });
  const after = summary({
    routes: [route("/openai/{proxy+}", { timeout: 60 })],
    consumers: [consumer("ops", "/**")],
    tokenHeaders: ["x-api-key"],
  });
  const changes = [
    change("create", { name: "new" }),
    change("update", {
      diffs: ["tags", "body", "timeout"],
      values: {
        tags: { before: undefined, after: "a" },
        timeout: { before: "29", after: undefined },
      },
    }),
    change("replace", { diffs: ["name"], replaceKeys: ["name", "role"] }),
    change("delete", { name: "old" }),
    change("delete", { name: "older", leftover: true }),
  ];
  expect(brief({ before, after, changes })).toBe(
    `${head("1 to create, 1 to update, 1 to replace, 2 to delete&#59; 3 security-relevant changes")}
| Create | Update | Replace | Delete |
|---|---|---|---|
| 1 | 1 | 1 | 2 |

#### Security-relevant changes

- Callers are identified by tokens instead of your own authorizer
- Callers send their credential in <code>x-api-key</code> instead of <code>authorization</code>
- The consumer <code>ops</code> is added and may call every route&#59; it is known by its token

#### Other changes

- <code>GET, POST /openai/&#123;proxy&#43;&#125;</code> waits 60 seconds for its upstream instead of 900
- <code>POST /score</code> is removed
- <code>gate-stage</code> will be replaced, because of <code>name</code> and <code>role</code>
- <code>old</code> will be deleted

<details><summary>5 resource changes</summary>

- delete <code>old</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>)
- delete <code>older</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>), which an earlier replacement left over
- replace <code>gate-stage</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>): <code>name</code>; replaced because of <code>name</code>, <code>role</code>
- create <code>new</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>)
- update <code>gate-stage</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>): <code>tags</code> nothing → <code>a</code>, <code>body</code>, <code>timeout</code> <code>29</code> → nothing

</details>
${footer("preview, nothing was changed")}`.replaceAll("&#59;", ";"),
  );
});

const found = (
  code: Finding["code"],
  subject: string,
  security = true,
): Finding => ({ code, subject, security, sentence: `\`${subject}\` is it` });

test("what stops the run, what is let through, and what has no effect", () => {
  const before = summary();
  const after = summary({
    tokenHeaders: ["x-api-key"],
    auth: { ...before.auth, cacheTtl: 90 },
    stageName: "v2",
  });
  const check = {
    stopped: [found("token-header", "token-header")],
    allowed: [found("cache-raised", "cache-ttl")],
    unused: [{ line: "x", message: "`x` in `allow` names no finding" }],
  };
  const failure = { reason: "fail-on", message: "it stops" } as const;
  expect(brief({ before, after, check, failure }))
    .toBe(`${alarm("Stopped&#58; it stops")}
#### Stopped by fail-on

- <code>token-header</code> is it; if it is meant, put <code>token-header</code> into <code>allow</code>

#### Security-relevant changes

- The gate's URL ends in <code>v2</code> instead of <code>v1</code>; callers need the new one
- An allowed result is cached 90 seconds instead of 60; so long can a revoked credential still pass (let through by <code>allow</code>)

#### Lines of allow without effect

- <code>x</code> in <code>allow</code> names no finding
${footer("preview, nothing was changed")}`);
});

test("what the drift command was asked for needs no fail-on", () => {
  const stopped = [found("drift", "fn")];
  const check = { stopped, allowed: [], unused: [] };
  const text = brief({ command: "drift", check });
  expect(text).toContain(`#### Drift detected

- <code>fn</code> is it; if it is meant, put <code>drift fn</code> into <code>allow</code>
`);
  expect(text).not.toContain("fail-on");
});

test("the plan is shown by its first digits", () => {
  const plan = "0123456789abcdef".repeat(4);
  for (const text of [
    renderComment(run({ plan })),
    renderSummary(run({ plan })),
  ])
    expect(text).toContain(" · plan <code>0123456789ab</code> · preview, ");
});

test("tokens of the table are counted", () => {
  expect(brief({ ...up, tokens: { added: 3, removed: 0 } })).toBe(
    `${head("3 tokens added, 0 removed")}
Tokens in the gate's table: 3 added, 0 removed.
${footer("up")}`,
  );
});

test("drift, and nothing about how the gate was meant to be", () => {
  const there = { before: summary(), after: summary(), urls };
  const changes = [
    change("update", {
      diffs: ["timeout"],
      values: { timeout: { before: "6", after: "9" } },
    }),
  ];
  const failure = { reason: "drift", message: "x" } as const;
  expect(
    renderComment(run({ command: "drift", changes, failure, ...there })),
  ).toBe(
    `${alarm("Drift found&#58; 1 resource is not as this action left it")}
Call it at <code>${urls.invokeUrl.replaceAll(":", "&#58;").replaceAll(".", "&#46;")}</code>

#### Security-relevant changes

- <code>gate-stage</code> is not as it was left&#58; <code>timeout</code> is <code>9</code> instead of <code>6</code>

To put the gate back, run <code>refresh</code>, then <code>up</code>&#58; the first takes the drift over into the state, the second undoes it&#46;

<details><summary>1 resource change</summary>

- changed <code>gate-stage</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>): <code>timeout</code> <code>6</code> → <code>9</code>

</details>
${footer("drift, nothing was changed")}`,
  );
});

test("what drift did to each resource", () => {
  const changes = (["create", "update", "replace", "delete"] as const).map(
    (op) => change(op),
  );
  const text = renderComment(run({ command: "drift", changes }));
  expect(text.match(/^- \w+ <code>gate-stage/gm)).toEqual(
    ["gone", "replaced", "new", "changed"].map(
      (word) => `- ${word} <code>gate-stage`,
    ),
  );
});

test.each<[string, Partial<Run>, boolean]>([
  ["the engine stopped", { failure: { reason: "engine", message: "" } }, true],
  ["cancelled", { failure: { reason: "cancelled", message: "" } }, true],
  ["denied", { failure: { reason: "aws-denied", message: "" } }, true],
  ["throttled", { failure: { reason: "aws-throttled", message: "" } }, true],
  ["the proof", { failure: { reason: "gate-broken", message: "" } }, false],
  ["no failure", {}, false],
  [
    "nothing was done",
    { failure: { reason: "engine", message: "" }, previewed: true },
    false,
  ],
  [
    "another command",
    { failure: { reason: "engine", message: "" }, command: "destroy" },
    false,
  ],
  [
    "nothing is known of what was to do",
    { failure: { reason: "engine", message: "" }, after: undefined },
    false,
  ],
])("an up that did not finish says so: %s", (_, more, said) => {
  const text = renderComment(run({ ...up, after: summary(), ...more }));
  expect(
    text.includes(
      "\n\nThe run did not finish: changes for callers, routes and diagram are what it was to do. The resources at the end say what was done.\n\n",
    ),
  ).toBe(said);
});

test("a destroyed gate: its routes are removed", () => {
  const comment = renderComment(
    run({
      command: "destroy",
      previewed: false,
      before: summary(),
      changes: [api("delete")],
    }),
  );
  expect(comment).toContain("**Destroyed&#58; 1 deleted**");
  expect(comment).toContain("- The gate's URL answers no more\n");
  expect(comment).toContain("| removed | POST <code>/score</code>");
  expect(comment).not.toContain("mermaid");
});

test("from files alone: the gate as the files say, and why no more", () => {
  const comment = renderComment(
    run({ after: summary(), filesOnly: "a fork gets no AWS credentials" }),
  );
  expect(comment).toContain(
    "**Looked at the files only, which say 2 routes and 2 consumers&#58; a fork gets no AWS credentials**",
  );
  expect(comment).toContain("|  | POST <code>/score</code>");
  expect(comment).not.toContain("Security-relevant changes");
  expect(comment).not.toContain("| Create |");
  expect(comment).toContain("c1 --> r1");
});

test("a new gate lists no routes and consumers twice, but says what is public", () => {
  const after = summary({ routes: [route("/a", { guarded: false })] });
  expect(brief({ after, changes: [api("create")] })).toBe(
    `${head("1 to create; 1 security-relevant change")}
The gate is new: 1 route and 2 consumers.

| Create | Update | Replace | Delete |
|---|---|---|---|
| 1 | 0 | 0 | 0 |

#### Security-relevant changes

- Anybody may call <code>GET, POST /a</code>, without a credential

<details><summary>1 resource change</summary>

- create <code>gate</code> (<code>aws&#58;apigateway/restApi&#58;RestApi</code>)

</details>
${footer("preview, nothing was changed")}`,
  );
});

test("the summary is the comment without its markers", () => {
  const one = run({ ...up, before: summary(), after: summary(), urls });
  expect(
    `<!-- ai-gate-action gate=ai-gate/prod -->\n${renderSummary(one)}`,
  ).toBe(renderComment(one));
});

test("a gate of which nothing is known is not new, and nothing of it is said to be", () => {
  expect(brief({ after: summary(), urls, changes: [api("update")] })).toBe(
    `${head("1 to update; 1 security-relevant change")}
The gate before is not known to this version of the action, so what changes for callers could not be compared.

Call it at <code>${urls.invokeUrl.replaceAll(":", "&#58;").replaceAll(".", "&#46;")}</code>

| Create | Update | Replace | Delete |
|---|---|---|---|
| 0 | 1 | 0 | 0 |

#### Security-relevant changes

- What callers could do before is not known, so no change of it can be told

<details><summary>1 resource change</summary>

- update <code>gate</code> (<code>aws&#58;apigateway/restApi&#58;RestApi</code>)

</details>
${footer("preview, nothing was changed")}`,
  );
});

test.each<[string, Partial<Run>]>([
  ["a config that could not be read", { after: undefined }],
  ["a refresh", { command: "refresh" }],
  ["files alone", { filesOnly: "no credentials" }],
  ["a new gate", { urls: undefined }],
])("nothing was to be compared: %s", (_, more) => {
  const text = renderComment(run({ after: summary(), urls, ...more }));
  expect(text).not.toContain("The gate before");
});

test("1,500 renamed consumers hide nothing that is worse", () => {
  const ids = Array.from({ length: 1500 }, (_, index) => `consumer-${index}`);
  const named = (prefix: string) =>
    summary({ consumers: ids.map((id) => consumer(prefix + id, "/score")) });
  const text = renderComment(
    run({
      before: named("old-"),
      after: named("new-"),
      urls,
      changes: [
        change("delete", {
          type: "aws:lambda/function:Function",
          name: "authorizer",
        }),
        change("update", { name: "policy", grants: ["`a:X` on `*`"] }),
        api("replace"),
      ],
    }),
  );
  const [, first = ""] = text.split("#### Security-relevant changes\n\n");
  expect(first.split("\n").slice(0, 4)).toEqual([
    "- The gate's authorizer will be removed",
    "- The gate's URL will change, because the RestApi is replaced; callers need the new one",
    "- <code>policy</code> will allow more&#58; <code>a&#58;X</code> on <code>&#42;</code>",
    expect.stringContaining("consumer-0"),
  ]);
  expect(text).toContain("Shortened to fit");
});

test("what a comment cuts of a sentence, a name or a failure, the summary has", () => {
  const long = (end: string) => `${"word ".repeat(400)}${end}`;
  const one = run({
    ...up,
    stack: "prod",
    before: summary(),
    after: summary({
      routes: [route("/a", { host: `h${"-x".repeat(100)}-end1` })],
    }),
    changes: [
      change("update", {
        name: `n${"-x".repeat(200)}-end2`,
        diffs: ["a"],
        values: { a: { before: "1", after: `v${"-x".repeat(100)}-end3` } },
      }),
      change("delete", { name: `d${"-x".repeat(200)}-end4`, failed: true }),
    ],
    check: {
      stopped: [
        {
          code: "policy-widened",
          subject: "team-a",
          security: true,
          sentence: long(`\`${"x".repeat(300)}-end5\``),
        },
      ],
      allowed: [],
      unused: [{ line: "x", message: long("end6") }],
    },
    proof: {
      broken: false,
      failed: true,
      results: [proofLine("failed", { message: long("end8") })],
    },
    failure: {
      reason: "engine",
      message: long("end9"),
      problems: [{ where: "here", message: long("end0") }],
    },
  });
  const ends = (text: string) =>
    Array.from("012345689").filter((digit) => text.includes(`end${digit}`));
  expect(ends(renderComment(one))).toEqual([]);
  expect(ends(renderSummary(one))).toEqual(Array.from("012345689"));
  const longer = { ...one, stack: "s", failure: undefined };
  const text = renderSummary({
    ...longer,
    check: {
      stopped: [],
      allowed: [],
      unused: [{ line: "x", message: `${"w ".repeat(5000)}end` }],
    },
  });
  expect(text).not.toContain("w end");
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

> [!CAUTION]
> **Failed&#58; 2 problems**

#### What is wrong

- <code>routes&#91;0&#93;&#46;path</code>: <code>/a b</code> has a space
- <code>stack</code>: is missing

---
[run](<https://github.com/o/r/actions/runs/1>) · commit <code>0123456</code> · preview, nothing was changed
`);
});

test("what is wrong comes before the URL, failed resources too, and only then the rest", () => {
  const comment = renderComment(
    run({
      ...up,
      before: summary(),
      after: summary({ tokenHeaders: ["x-api-key"] }),
      urls,
      changes: [
        change("update", { name: "fine" }),
        change("update", { name: "stuck", failed: true }),
      ],
      check: {
        stopped: [found("replace", "stage")],
        allowed: [],
        unused: [],
      },
      failure: {
        reason: "engine",
        message: "x",
        problems: [{ where: "here", message: "no" }],
      },
    }),
  );
  const order = [
    "> [!CAUTION]",
    "The run did not finish",
    "#### What is wrong\n\n- <code>here</code>: no\n",
    "#### What failed\n\n- update <code>stuck</code> (<code>aws&#58;apigateway/stage&#58;Stage</code>)\n\n",
    "#### Stopped by fail-on",
    "Call it at <code>https",
    "| Create |",
    "#### Security-relevant changes",
    "#### Routes",
    "<details>",
  ].map((words) => comment.indexOf(words));
  expect(order).not.toContain(-1);
  expect(order).toEqual(order.toSorted((one, other) => one - other));
});

test("nothing is put back where nothing drifted", () => {
  expect(renderComment(run({ command: "drift" }))).toBe(
    `${head("No drift found")}${footer("drift, nothing was changed")}`,
  );
});

test.each<[string, string[], string]>([
  ["a snapshot", ["snapshot"], "1 (only API Gateway's own snapshot)"],
  [
    "a snapshot and a stage",
    ["snapshot", "stage"],
    "2 (1 of them API Gateway's own snapshot)",
  ],
  ["a stage", ["stage"], "1"],
])("the counts say which replacements are harmless: %s", (_, names, cell) => {
  const changes = names.map((name) =>
    name === "snapshot" ? snapshot("replace") : change("replace", { name }),
  );
  expect(brief({ changes })).toContain(`\n| 0 | 0 | ${cell} | 0 |\n`);
});

test("many passed checks are folded, what did not pass is not", () => {
  const parts = (...statuses: Parameters<typeof proof>) =>
    brief({ ...up, proof: proof(...statuses) })
      .replaceAll(/\| GET .*\|/g, "|")
      .split("\n")
      .slice(5, -3)
      .join("\n");
  const head = "| | Asked | Expected | Answer |\n|---|---|---|---|\n";
  const five = Array.from({ length: 5 }, () => "passed" as const);
  const passed = "| passed |\n";
  expect(parts("warning", ...five)).toBe(
    `#### Proof\n\n${head}| warning |\n${passed.repeat(5)}`,
  );
  const fold = `<details><summary>Proof: 6 checks passed</summary>\n\n${head}${passed.repeat(6)}\n</details>\n`;
  expect(parts(...five, "passed")).toBe(fold);
  expect(parts("not-made", ...five, "passed")).toBe(
    `#### Proof\n\n${head}| not made |\n\n${fold}`,
  );
});

test("the comment of a very big gate keeps something of everything, and its diagram whole", () => {
  const ids = Array.from({ length: 400 }, (_, index) => `consumer-${index}`);
  const after = summary({
    routes: ids.map((id) => route(`/a-rather-long-path/${id}/{proxy+}`)),
    consumers: ids.map((id) => consumer(id, "/**")),
  });
  const comment = renderComment(
    run({
      ...up,
      before: summary({ consumers: [], routes: [] }),
      after,
      urls,
      proof: proof(...ids.map(() => "passed" as const)),
      changes: ids.map((name) => change("update", { name })),
    }),
  );
  expect(comment.match(/^(?:####|<details>)[^\n]*|^```/gm)).toEqual([
    "#### Security-relevant changes",
    "#### Routes",
    "<details><summary>Proof: 400 checks passed</summary>",
    "#### Who reaches what",
    "```",
    "```",
    "<details><summary>400 resource changes</summary>",
  ]);
  expect(comment).toContain("Call it at");
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
    "many properties that force a replacement",
    {
      changes: [
        change("replace", {
          replaceKeys: Array.from({ length: 25 }, (_, index) => `p${index}`),
        }),
      ],
    },
    "<code>p19</code>\n",
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
  ["no commit", { sha: undefined }],
  ["a commit with something before it", { sha: "x0123456" }],
  ["a commit with something behind it", { sha: "0123456x" }],
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

test("the biggest diagram is left out whole, and the room is used to the end", () => {
  const names = Array.from({ length: 40 }, (_, index) =>
    `${index}`.padEnd(60, "日"),
  );
  const after = summary({
    routes: names.map((name) => route(`/${name}`, { upstream: name })),
    consumers: names.map((name) => consumer(name, `/${name}`)),
  });
  const text = renderComment(
    run({
      before: after,
      after,
      gateId: "x".repeat(36_000),
      changes: Array.from({ length: 5000 }, () => change("create")),
    }),
  );
  const size = new TextEncoder().encode(text).length;
  expect(size).toBeLessThanOrEqual(65_000);
  expect(size).toBeGreaterThan(48_000);
  expect(text).not.toContain("mermaid");
});
