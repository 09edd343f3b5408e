// What holds for every call, whoever makes it: how it comes in, and what is recorded of it.
import { wordEndpoints } from "../diff/endpoint-changes.ts";
import { wordNetwork } from "../diff/network-changes.ts";
import { thresholdsOf, topicName } from "../diff/record-changes.ts";
import type { GateSummary } from "../diff/summary.ts";
import { joinWords, quote } from "../diff/wording.ts";
import type { Writer } from "./markdown.ts";
import type { Run } from "./run-result.ts";
import type { Section } from "./sections.ts";

export function everyCallSection({ after }: Run, { prose }: Writer): Section {
  const sentences = after
    ? [
        wordEndpoint(after),
        wordPlaces(after),
        wordLog(after),
        wordTracing(after),
        wordAlarms(after),
      ]
    : [];
  const lines = sentences
    .filter((sentence) => sentence !== "")
    .map((sentence) => `- ${prose(sentence)}`);
  return { open: "#### Every call\n", lines };
}

const wordEndpoint = ({ vpcEndpoints }: GateSummary): string =>
  vpcEndpoints === undefined
    ? ""
    : `The gate is private: it is called through ${wordEndpoints(vpcEndpoints)} alone.`;

function wordPlaces({ network }: GateSummary): string {
  const words = wordNetwork(network);
  return words && `The gate takes calls ${words}.`;
}

const wordLog = ({ accessLog, logRetentionDays: days }: GateSummary): string =>
  accessLog === undefined
    ? ""
    : `Each call is written to the access log, with its consumer${days === undefined ? "" : `; lines are kept ${days === 1 ? "1 day" : `${days} days`}`}.`;

const wordTracing = ({ tracing }: GateSummary): string =>
  tracing === undefined ? "" : "Calls are traced with X-Ray.";

function wordAlarms({ alarms }: GateSummary): string {
  if (alarms === undefined) return "";
  const each = thresholdsOf(alarms).map(
    ([name, calls]) => `${quote(name)} by ${calls}`,
  );
  return `Alarms are sent to the topic ${topicName(alarms.topic)}, raised by so many calls in five minutes: ${joinWords(each)}.`;
}
