// Whatever the names and however many: the report stays within GitHub's limits, and a name is never more than a name.
import { fc } from "../../fixtures/fast-check.ts";
import { anyText } from "../../fixtures/any-text.ts";
import {
  commentMarker,
  renderComment,
  renderSummary,
} from "../../../src/report/comment.ts";
import type { Finding } from "../../../src/diff/finding-codes.ts";
import type { Run } from "../../../src/report/run-result.ts";
import { byteLength } from "../../../src/report/sections.ts";
import {
  change,
  consumer,
  hostile,
  proofLine,
  route,
  run,
  summary,
  urls,
} from "../../fixtures/runs.ts";

/** Fails if anything in the text is more than the report's own few tags, fences, tables and links. */
function expectHarmless(text: string) {
  const outside = text
    .replace(/^<!-- ai-gate-action gate=[^<>\s]* region=[^<>\s]* -->\n/, "")
    // The one alert is the verdict's.
    .replace("\n\n> [!CAUTION]\n> **", "\n\n**")
    .replace(/```mermaid\n[^`]*\n```/, "");
  expect(outside).not.toContain("`");
  const tags = outside.match(/<(?!https:)[^>]*>?/g) ?? [];
  const known = [
    "<code>",
    "</code>",
    "<span>",
    "</span>",
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
      /^(?:$|#{3,4} \w|\*\*|\||- |<\/?details>|[NTU_…]|---$|\[run\]|commit|up$|drift|The )/,
    );
}

const name = fc.oneof(fc.constantFrom(...hostile), anyText({ maxLength: 300 }));
const names = fc.array(name, { minLength: 1, maxLength: 12 });

const hostileFinding = (
  pick: (index: number) => string,
  index: number,
): Finding => ({
  code: "drift",
  subject: pick(index),
  sentence: pick(index + 1),
  security: index % 2 === 0,
});

function hostileRun(texts: readonly string[], count: number): Run {
  const pick = (index: number) => texts[index % texts.length] ?? "";
  const many = <Item>(make: (index: number) => Item) =>
    Array.from({ length: count }, (_, index) => make(index));
  const gate = (shift: number) =>
    summary({
      stageName: pick(shift),
      tokenHeaders: [pick(shift + 1)],
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
    command: "up",
    previewed: false,
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
        values: {
          [pick(index + 2)]: { before: pick(index), after: pick(index + 4) },
        },
        replaceKeys: [pick(index + 3)],
      }),
    ),
    check: {
      stopped: many((index) => hostileFinding(pick, index)),
      allowed: many((index) => hostileFinding(pick, index + 1)),
      unused: many(pick),
    },
    tokens: { added: 1, removed: 2 },
    proof: {
      broken: false,
      failed: true,
      results: many((index) =>
        proofLine("failed", {
          id: pick(index),
          title: pick(index),
          shows: pick(index + 3),
          sentence: pick(index + 3),
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
      expectHarmless(renderComment({ ...hostileOne, command: "drift" }));
    }),
    { numRuns: 30 },
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
      const marker = `${commentMarker(large)}\n`;
      expect(byteLength(comment)).toBeLessThanOrEqual(65_000);
      expect(comment.length).toBeGreaterThan(20_000);
      expect(comment.startsWith(marker)).toBe(true);
      expect(comment.slice(-200)).toMatch(/\n---\n(?:.* · )?up\n$/);
      expect(comment).toContain(
        "_Shortened to fit; the summary of the run has all of it._",
      );
      expectHarmless(comment);
    }),
    { numRuns: 3 },
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

test.each(["$", "@", "`$` ", "\u{1F600}"])(
  "sentences of 12,000 times %j stay within both limits",
  (part) => {
    const message = part.repeat(12_000);
    const finding = hostileFinding(() => message, 0);
    const long = run({
      check: { stopped: [finding], allowed: [], unused: [] },
      failure: {
        reason: "engine",
        message,
        problems: Array.from({ length: 20 }, () => ({
          where: message,
          message,
        })),
      },
    });
    expect(byteLength(renderComment(long))).toBeLessThanOrEqual(65_000);
    const full = renderSummary(long);
    expect(byteLength(full)).toBeLessThanOrEqual(1_024_000);
    expect(full).toMatch(/\n… and \d+ more\n/);
    expect(full).toContain("#### Stopped by fail-on");
  },
);
