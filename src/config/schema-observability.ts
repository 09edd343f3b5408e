// The keys of ai-gate.yml for what is recorded of calls, and who is told.
import * as z from "zod";
import { alarmDefaults, defaults } from "../gate/gate.ts";
import { listed } from "./messages.ts";
import { text, whole } from "./schema-values.ts";

/** What CloudWatch Logs accepts as a retention in days (PutRetentionPolicy). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827,
  2192, 2557, 2922, 3288, 3653,
];

export const logsSchema = z
  .strictObject({
    "retention-days": z
      .literal(retentionDays, {
        error: `use a retention of CloudWatch Logs: ${listed(retentionDays)}`,
      })
      .describe(
        `Days the gate's logs are kept; default ${defaults.logRetentionDays}`,
      ),
    access: z
      .boolean()
      .describe(
        "true writes a line for each call, in a log group of the gate's own: who, which route, which status, how long. API Gateway needs a role for logs in the account for it",
      ),
    "account-role": z
      .boolean()
      .describe(
        "true lets `up` make that role and set it, where the account has none in the gate's region; one that is set is never changed, and neither is removed",
      ),
  })
  .partial()
  .describe("The authorizer's log, and a log of all calls");

const calls = (name: keyof typeof alarmDefaults, what: string) =>
  whole(1, 1_000_000, "calls")
    .describe(
      `${what} in five minutes that raise the alarm; default ${alarmDefaults[name]}`,
    )
    .optional();

export const alarmsSchema = z
  .strictObject({
    topic: text(
      "ARN of the SNS topic, in the gate's region, that alarms are sent to",
    ),
    "authorizer-errors": calls(
      "authorizer-errors",
      "Calls that the authorizer could not decide on",
    ),
    "server-errors": calls(
      "server-errors",
      "Calls answered 5xx, by the gate or an upstream",
    ),
    throttled: calls(
      "throttled",
      "Calls answered 429, by the gate or an upstream; needs `logs.access`",
    ),
    unauthorized: calls("unauthorized", "Calls that the gate answered 401"),
  })
  .describe("CloudWatch alarms of the gate; none by default");

export const tracingSchema = z
  .boolean()
  .describe("true traces calls with X-Ray; default false");

export const tagsSchema = z
  .record(z.string(), z.string({ error: "use text" }))
  .describe(
    "AWS tags of everything the gate makes, besides those of the input `tags`",
  );
