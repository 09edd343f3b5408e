import type { GateFailure } from "../../../src/gate/failure.ts";
import type { ProofResult } from "../../../src/proof/check.ts";
import {
  commentMarker,
  renderComment,
  renderSummary,
} from "../../../src/report/comment.ts";
import type { Finding } from "../../../src/diff/finding-codes.ts";
import type { Run } from "../../../src/report/run-result.ts";
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

const there = { before: summary(), after: summary(), urls };
const found = (
  code: Finding["code"],
  subject: string,
  security = true,
): Finding => ({ code, subject, security, sentence: `\`${subject}\` is it` });
const check = (stopped: readonly Finding[]) => ({
  stopped,
  allowed: [],
  unused: [],
});
const many = Array.from({ length: 25 }, (_, index) => `p${index}`);
const opened = summary({ routes: [route("/a", { guarded: false })] });

const refusedLine = proofLine("failed", {
  id: "open openai",
  title: "GET /openai/models as team-a reaches openai",
  expected: "an answer from the upstream, not 401 or 403",
  shows: "a known caller gets through and openai takes the gate's credential",
  actual: "401",
  message:
    "the upstream openai refuses the gate's credential: it answered 401 to GET /openai/models; check the upstream's secret and header",
  upstreamRefused: true,
});

test.each<[string, Partial<Run>]>([
  [
    "a first preview",
    {
      after: summary(),
      changes: [
        change("create", {
          type: "aws:lambda/function:Function",
          name: "authorizer",
        }),
        api("create"),
      ],
    },
  ],
  ["no changes", { before: summary(), after: summary() }],
  ["after up", { ...up, ...there, proof: proof("passed", "passed") }],
  [
    "a failed proof",
    {
      ...up,
      after: summary(),
      proof: {
        broken: false,
        failed: true,
        results: [
          proofLine("passed", { title: "A" }),
          proofLine("not-made", { title: "B", actual: "", message: "none" }),
          proofLine("warning", { title: "C", message: "check the secret" }),
          proofLine("failed", { title: "D", message: "THE GATE IS OPEN" }),
        ],
      },
    },
  ],
  [
    "an upstream that refuses the gate",
    {
      ...up,
      after: summary(),
      proof: { broken: false, failed: true, results: [refusedLine] },
      failure: {
        reason: "upstream-refused",
        message: `The gate is closed, but ${refusedLine.message}`,
      },
    },
  ],
  ["the output command", { command: "output", previewed: false, urls }],
  ["tokens of the table", { ...up, tokens: { added: 3, removed: 0 } }],
  ["a state in doubt", { ...up, maybeCorrupt: true }],
  [
    "a destroyed gate",
    {
      command: "destroy",
      previewed: false,
      before: summary(),
      changes: [api("delete")],
    },
  ],
  [
    "files only",
    { after: summary(), filesOnly: "a fork gets no AWS credentials" },
  ],
  [
    "a new gate with a public route",
    { after: opened, changes: [api("create")] },
  ],
  ["an unknown gate", { after: summary(), urls, changes: [api("update")] }],
  [
    "an invalid config",
    {
      failure: {
        reason: "invalid-input",
        message: "2 problems",
        problems: [
          { where: "routes[0].path", message: "`/a b` has a space" },
          { where: "stack", message: "is missing" },
        ],
      },
    },
  ],
  [
    "a failed up: what is wrong, then the URL, then the rest",
    {
      ...up,
      ...there,
      after: summary({ tokenHeaders: ["x-api-key"] }),
      changes: [
        change("update", { name: "fine" }),
        change("update", { name: "stuck", failed: true }),
      ],
      check: check([found("replace", "stage")]),
      failure: {
        reason: "engine",
        message: "x",
        problems: [{ where: "here", message: "no" }],
      },
    },
  ],
  [
    "security first, and all resources",
    {
      before: summary({ auth: customAuth, consumers: [] }),
      after: summary({
        routes: [route("/openai/{proxy+}", { timeout: 60 })],
        consumers: [consumer("ops", "/**")],
        tokenHeaders: ["x-api-key"],
      }),
      changes: [
        change("create", { name: "new" }),
        change("update", {
          diffs: ["tags", "body", "timeout"],
          values: {
            tags: { before: undefined, after: "a" },
            timeout: { before: "29", after: undefined },
          },
        }),
        change("update", { name: "twenty", diffs: many.slice(0, 20) }),
        change("update", { name: "more", diffs: many }),
        change("replace", { diffs: ["name"], replaceKeys: ["name", "role"] }),
        change("replace", { name: "keys", replaceKeys: many }),
        snapshot("replace"),
        change("delete", { name: "old" }),
        change("delete", { name: "older", leftover: true }),
      ],
    },
  ],
  [
    "what is stopped, allowed and unused",
    {
      before: summary(),
      after: summary({
        tokenHeaders: ["x-api-key"],
        auth: { ...summary().auth, cacheTtl: 90 },
        stageName: "v2",
      }),
      check: {
        stopped: [found("token-header", "token-header")],
        allowed: [found("cache-raised", "cache-ttl")],
        unused: ["`x` in `allow` matches nothing"],
      },
      failure: { reason: "fail-on", message: "it stops" },
    },
  ],
  [
    "drift that is stopped",
    { command: "drift", check: check([found("drift", "fn")]) },
  ],
  ["no drift", { command: "drift" }],
  [
    "drift",
    {
      ...there,
      command: "drift",
      changes: (["create", "update", "replace", "delete"] as const).map((op) =>
        change(op, {
          diffs: ["timeout"],
          values: { timeout: { before: "6", after: "9" } },
        }),
      ),
      failure: { reason: "drift", message: "x" },
    },
  ],
])("the comment: %s", (_, more) => {
  expect(renderComment(run(more))).toMatchSnapshot();
});

test("the summary says of each check what is asked, what must come back, and why; the comment says it shortly", () => {
  const proved = run({ ...up, ...there, proof: proof("passed") });
  const why = "nobody reaches scorer without a credential";
  const sentence = `<code>GET /score</code> without a credential must bring 401 from the gate&#58; ${why}`;
  expect(renderSummary(proved)).toContain(`| passed | c0 | ${sentence} |`);
  expect(renderComment(proved)).toContain(
    `| GET /score without a credential | 401 from the gate&#58; ${why} |`,
  );
});

test("what policy packs say has a section of its own, as text", () => {
  const said = {
    level: "advisory",
    policy: "rule",
    pack: "rules 1.0.0",
    resource: "RestApi gate",
    message: "@team <b>look</b>\n# here",
  } as const;
  const text = renderComment(run({ ...up, ...there, violations: [said] }));
  expect(text).toContain(
    "#### Policy packs\n\n- The policy rule of the pack rules 1&#46;0&#46;0 says of RestApi gate&#58; &#64;\u200bteam &#60;b&#62;look&#60;/b&#62; &#35;\u200b here\n",
  );
  const quiet = renderComment(run({ ...up, ...there, violations: [] }));
  expect(quiet).not.toContain("Policy packs");
});

test("warnings have a section of their own, as text", () => {
  const warned = run({
    ...up,
    ...there,
    warnings: ["the proof had failed: THE GATE IS NOT CLOSED. <b>GET /a</b>"],
  });
  for (const render of [renderComment, renderSummary])
    expect(render(warned)).toContain(
      "#### Warnings\n\n- The proof had failed&#58; THE GATE IS NOT CLOSED&#46; &#60;b&#62;GET /a&#60;/b&#62;\n",
    );
  expect(renderComment(run({ ...up, ...there }))).not.toContain("Warnings");
});

test("the plan is shown by its first digits", () => {
  const plan = "0123456789abcdef".repeat(4);
  for (const text of [
    renderComment(run({ plan })),
    renderSummary(run({ plan })),
  ])
    expect(text).toContain(" · plan <code>0123456789ab</code> · preview, ");
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
    "an unknown gate",
    { failure: { reason: "engine", message: "" }, after: undefined },
    false,
  ],
])("an up that did not finish says so: %s", (_, more, said) => {
  const text = renderComment(run({ ...up, after: summary(), ...more }));
  expect(text.includes("\n\nThe run did not finish: ")).toBe(said);
});

test("the summary is the comment without its marker, and with snippets", () => {
  const one = run({ ...up, ...there });
  const withoutSnippets = renderSummary(one).replace(
    /<details><summary>Snippets.*?<\/details>\n\n/s,
    "",
  );
  expect(withoutSnippets).not.toBe(renderSummary(one));
  expect(
    `<!-- ai-gate-action gate=ai-gate/prod region=eu-west-1 -->\n${withoutSnippets}`,
  ).toBe(renderComment(one));
});

test.each<[string, Partial<Run>]>([
  ["a config that could not be read", { after: undefined }],
  ["a refresh", { command: "refresh" }],
  ["files only", { filesOnly: "no credentials" }],
  ["a new gate", { urls: undefined }],
])("there was nothing to compare: %s", (_, more) => {
  const text = renderComment(run({ after: summary(), urls, ...more }));
  expect(text).not.toContain("cannot read the stored description");
});

test("more than five passed checks are folded", () => {
  const parts = (count: number) =>
    renderComment(
      run({
        ...up,
        proof: proof(...Array.from({ length: count }, () => "passed" as const)),
      }),
    ).match(/^#### Proof|^<details>.*|^\| passed/gm);
  const rows = (count: number) =>
    Array.from({ length: count }, () => "| passed");
  expect(parts(5)).toEqual(["#### Proof", ...rows(5)]);
  expect(parts(6)).toEqual([
    "<details><summary>Proof: 6 checks passed</summary>",
    ...rows(6),
  ]);
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
        change("update", { name: "policy", diffs: ["policy"] }),
        api("replace"),
      ],
    }),
  );
  const [, first = ""] = text.split("#### Security-relevant changes\n\n");
  expect(first.split("\n").slice(0, 4)).toEqual([
    "- The gate's authorizer will be removed",
    "- The gate's URL will change, because the RestApi is replaced; callers need the new one",
    "- The policy <code>policy</code> will change",
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
      unused: [long("end6")],
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
      unused: [`${"w ".repeat(5000)}end`],
    },
  });
  expect(text).not.toContain("w end");
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
  expect(comment).toContain("URL: ");
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

test.each([
  [
    "ai-gate/prod",
    "<!-- ai-gate-action gate=ai-gate/prod region=eu-west-1 -->",
  ],
  ["a b/c", "<!-- ai-gate-action gate=a%20b/c region=eu-west-1 -->"],
  [
    "x-->\n<b>",
    "<!-- ai-gate-action gate=x--%3E%0A%3Cb%3E region=eu-west-1 -->",
  ],
  ["\uD800", "<!-- ai-gate-action gate=%EF%BF%BD region=eu-west-1 -->"],
])("the marker of %j", (id, marker) => {
  expect(commentMarker(run({ gateId: id }))).toBe(marker);
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

describe("the DNS record of a domain", () => {
  const at = "https://ai.example.com/ai";
  const named = { name: "ai.example.com", stageUrl: urls.baseUrl };
  const dns = { name: "d-1.execute-api.eu-west-1.amazonaws.com", zoneId: "Z1" };
  const of = (domain: NonNullable<Run["urls"]>["domain"]) =>
    run({
      ...{ ...up, after: summary() },
      urls: { ...urls, invokeUrl: at, baseUrl: at, ...(domain && { domain }) },
    });
  const line =
    "DNS: <code>ai.example.com</code> leads to the gate by a CNAME to <code>d-1.execute-api.eu-west-1.amazonaws.com</code>, or in Route 53 by an alias with the hosted zone <code>Z1</code>";

  test.each([renderComment, renderSummary])(
    "stands below the URL (%p)",
    (render) => {
      const text = render(of({ ...named, dns }))
        .replaceAll("&#46;", ".")
        .replaceAll("&#58;", ":");
      expect(text).toContain(`URL: <code>${at}</code>\n\n${line}\n`);
    },
  );

  test("is no matter of a gate without one, and not known of a domain name that others make", () => {
    for (const domain of [undefined, named])
      expect(renderComment(of(domain))).not.toContain("DNS");
  });
});
