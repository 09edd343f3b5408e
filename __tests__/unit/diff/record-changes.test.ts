import type { GateSummary } from "../../../src/diff/summary.ts";
import {
  expectNoDifference,
  expectSnapshots,
} from "../../fixtures/summaries.ts";

const arn = "arn:aws:sns:eu-west-1:111122223333:";
const alarms = (
  topic: string,
  thresholds: NonNullable<GateSummary["alarms"]>["thresholds"],
) => ({ alarms: { topic: arn + topic, thresholds } });
const access = { accessLog: { makesRole: false } };

describe("what is recorded", () => {
  expectSnapshots([
    ["an access log", {}, access],
    ["no access log any more", access, {}],
    ["a role for the account", {}, { accessLog: { makesRole: true } }],
    ["a shorter time", { logRetentionDays: 90 }, { logRetentionDays: 30 }],
    ["a longer time", { logRetentionDays: 30 }, { logRetentionDays: 90 }],
    ["traces", {}, { tracing: true }],
    ["no traces any more", { tracing: true }, {}],
    ["alarms", {}, alarms("ops", { "server-errors": 10, unauthorized: 100 })],
    ["no alarms any more", alarms("ops", { "server-errors": 10 }), {}],
    [
      "an alarm that is raised later, another earlier",
      alarms("ops", { throttled: 10, unauthorized: 10 }),
      alarms("ops", { throttled: 20, unauthorized: 5 }),
    ],
    ["another topic", alarms("ops", {}), alarms("other", {})],
  ]);
  expectNoDifference([
    ["a summary of before", {}, { logRetentionDays: 30 }],
    [
      "the same",
      alarms("ops", { throttled: 1 }),
      alarms("ops", { throttled: 1 }),
    ],
  ]);
});
