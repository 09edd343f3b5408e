// What the report says of every call: where it comes from, what is recorded of it, who is told.
import type { GateSummary } from "../../../src/diff/summary.ts";
import { renderComment, renderSummary } from "../../../src/report/comment.ts";
import { run, summary } from "../../fixtures/runs.ts";

/** With signs that Markdown could take for its own as they were. */
const sectionOf = (text: string) =>
  /#### Every call\n\n(.*?)\n\n/s
    .exec(text)?.[1]
    ?.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .split("\n");

const topic = "arn:aws:sns:eu-west-1:111122223333:gate-alarms";

test.each<[string, Partial<GateSummary>, string[] | undefined]>([
  ["nothing", { logRetentionDays: 30 }, undefined],
  [
    "an access log",
    { accessLog: { makesRole: false }, logRetentionDays: 90 },
    [
      "- Each call is written to the access log, with its consumer; lines are kept 90 days.",
    ],
  ],
  [
    "an access log of one day",
    { accessLog: { makesRole: true }, logRetentionDays: 1 },
    [
      "- Each call is written to the access log, with its consumer; lines are kept 1 day.",
    ],
  ],
  ["tracing", { tracing: true }, ["- Calls are traced with X-Ray."]],
  [
    "alarms",
    { alarms: { topic, thresholds: { unauthorized: 100, throttled: 5 } } },
    [
      "- Alarms are sent to the topic <code>gate-alarms</code>, raised by so many calls in five minutes: <code>throttled</code> by 5 and <code>unauthorized</code> by 100.",
    ],
  ],
  [
    "networks",
    { network: { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] } },
    [
      "- The gate takes calls from <code>10.0.0.0/8</code>, but not from <code>10.1.0.0/16</code>.",
    ],
  ],
  [
    "a private endpoint",
    { vpcEndpoints: ["vpce-0123456789abcdef0"] },
    [
      "- The gate is private: it is called through the VPC endpoint <code>vpce-0123456789abcdef0</code> alone.",
    ],
  ],
])("%s", (_, more, lines) => {
  const one = run({ after: summary(more) });
  expect(sectionOf(renderComment(one))).toEqual(lines);
  expect(sectionOf(renderSummary(one))).toEqual(lines);
  expect(renderSummary(one)).not.toContain("111122223333");
});

test("after a destroy nothing holds", () => {
  const before = summary({ tracing: true });
  const one = run({ command: "destroy", before });
  expect(sectionOf(renderComment(one))).toBeUndefined();
});
