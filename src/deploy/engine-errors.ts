// Turns an engine error into one line a user can act on. Which error it is comes from its class and from the diagnostics
// among the engine events; the lock's holder is only in the CLI's message.
import type { EngineEvent } from "@pulumi/pulumi/automation";
import {
  type CommandError,
  ConcurrentUpdateError,
} from "@pulumi/pulumi/automation/errors";
import { type FailureReason, GateFailure } from "../gate/failure.ts";
import { quotaAdvice, quotaErrors } from "./aws.ts";
import { explainDenied } from "./denied.ts";
import { loggingRoleAdvice } from "./logging-role.ts";
import { passphraseName } from "./names.ts";
import { violationFailure } from "./policy-packs.ts";

export function explainEngineError(
  error: CommandError,
  events: readonly EngineEvent[],
  cancelled?: "dry run" | "update",
): GateFailure {
  if (error instanceof ConcurrentUpdateError) return lockedBy(error.message);
  if (cancelled !== undefined)
    return new GateFailure(
      "cancelled",
      cancelled === "dry run"
        ? "The run was cancelled: nothing was changed, run the job again"
        : "The run was cancelled: the engine finished the call in flight and saved the state, so the next run continues from there",
    );
  const violation = violationFailure(events);
  if (violation !== undefined) return violation;
  const diagnosis = packDiagnosis(error.message) ??
    firstDiagnosis(events) ?? {
      subject: "",
      text: lastErrorLine(error.message),
    };
  const denied = explainDenied(diagnosis.text);
  if (denied !== undefined)
    return new GateFailure(
      "aws-denied",
      diagnosis.subject + oneLine(denied, 1000),
    );
  const known = knownErrors.find(({ pattern }) => pattern.test(diagnosis.text));
  const advice =
    known?.advice ?? "see the log above for the engine's full message";
  return new GateFailure(
    known?.reason ?? "engine",
    `${diagnosis.subject}${oneLine(diagnosis.text)}: ${advice}`,
  );
}

const packErrors =
  /policy pack\b.* (?:failed to start|not found)|policy pack's dependencies|failed to run (?:policy|remediation)\b|failed to load Pulumi policy project|policy analyzer could not be loaded|(?:configuring|validating|reconciling) policy/;

const knownErrors: readonly {
  pattern: RegExp;
  reason: FailureReason;
  advice: string;
}[] = [
  {
    // What a pack says may look like any of the others.
    pattern: packErrors,
    reason: "policy",
    advice:
      "a policy pack does not run, and nothing is deployed without it; its own output is in the log above",
  },
  {
    pattern:
      /ExpiredToken|InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|SignatureDoesNotMatch|No valid credential sources|invalid AWS credentials/i,
    reason: "no-credentials",
    advice:
      "AWS does not accept the credentials; check the step that configures them",
  },
  {
    pattern: /\bKMS: (?:Encrypt|Decrypt)\b.*NotFound/,
    reason: "invalid-input",
    advice:
      "the key that secrets-provider names is not there; correct its name and region",
  },
  {
    // S3 says no more of a HEAD: its answer has no body.
    pattern:
      /AccessDenied|UnauthorizedOperation|not authorized to perform|api error Forbidden\b/i,
    reason: "aws-denied",
    advice:
      "allow this action to the role the workflow assumes (docs/permissions.md has its policy)",
  },
  {
    pattern: quotaErrors,
    reason: "aws-quota",
    advice: quotaAdvice,
  },
  {
    pattern:
      /TooManyRequests|Throttl|Rate exceeded|RequestLimitExceeded|SlowDown/i,
    reason: "aws-throttled",
    advice:
      "AWS limits how often an API may be changed; run the job again in a minute",
  },
  {
    pattern: /StatusCode: 5\d\d\b|ServiceUnavailable/,
    reason: "aws-throttled",
    advice: "AWS does not take this call now; run the job again in a minute",
  },
  {
    pattern: /CloudWatch Logs role ARN must be set in account settings/,
    reason: "invalid-input",
    advice: loggingRoleAdvice,
  },
  {
    pattern: /incorrect passphrase/i,
    reason: "invalid-input",
    advice: `the state was encrypted with another passphrase. If the step's \`env\` has PULUMI_CONFIG_PASSPHRASE (or PULUMI_CONFIG_PASSPHRASE_FILE), set it to the one that the gate was brought up with, or take it out if there was none; if not, the passphrase is the SSM parameter ${passphraseName}: put its former value back, which its history has`,
  },
  {
    pattern: /passphrase must be set/i,
    reason: "invalid-input",
    advice:
      "the state is encrypted with a passphrase, and this run has none; set the input `secrets-provider: passphrase`",
  },
  {
    // A file system that filled up, or a machine that went away: the engine itself replaces it at once.
    pattern:
      /failed to load checkpoint: .*(?:unexpected end of JSON|invalid character|cannot unmarshal)/,
    reason: "engine",
    advice:
      "the stack's state is damaged; put back the version before it (docs/state.md has the commands)",
  },
  {
    pattern: /NoSuchBucket/,
    reason: "invalid-input",
    advice:
      "create the bucket that the backend names, or leave the backend out and one is made",
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set/,
    reason: "invalid-input",
    advice:
      "the backend is a Pulumi service; pass its token to the step as PULUMI_ACCESS_TOKEN",
  },
];

interface Diagnosis {
  readonly subject: string;
  readonly text: string;
}

/** A pack that does not start has written why itself, and that looks like an error of the engine. */
function packDiagnosis(message: string): Diagnosis | undefined {
  const line = message
    .split("\n")
    .find((one) => one.startsWith("error: ") && packErrors.test(one));
  return line === undefined
    ? undefined
    : { subject: "", text: flat(line.replace("error: ", "")) };
}

function firstDiagnosis(events: readonly EngineEvent[]): Diagnosis | undefined {
  const errors = events
    .map((event) => event.diagnosticEvent)
    .filter((diagnostic) => diagnostic?.severity === "error")
    .map((diagnostic) => ({
      subject: subjectOf(diagnostic?.urn),
      text: flat(diagnostic?.message ?? ""),
    }));
  // The stack itself only says "update failed"; the resource says why.
  return (
    errors.find(
      (diagnosis) => diagnosis.subject !== "" && diagnosis.text !== "",
    ) ?? errors.find(({ text }) => text !== "")
  );
}

/** A URN ends in `::<parent types>$<module>:<Type>::<name>`. */
function subjectOf(urn: string | undefined): string {
  const [, , type = "", name = ""] = urn?.split("::") ?? [];
  if (type === "" || type.startsWith("pulumi:")) return "";
  return `${type.split(":").pop() ?? type} ${name}: `;
}

/**
 * Provider messages span lines and repeat ids; the first 400 characters name operation, status and code. Half a word could be
 * half a secret, which would not be masked.
 */
const oneLine = (text: string, most = 400): string =>
  text.length <= most ? text : `${text.slice(0, most).replace(/\S*$/, "")}…`;

const flat = (text: string): string =>
  text
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/\s+/g, " ")
    .trim();

/** What the CLI printed as its result may be a state with its secrets: only its errors are read. */
function lastErrorLine(message: string): string {
  const [, errors = message] = /\n stderr: ([\s\S]*)$/.exec(message) ?? [];
  const lines = errors.split("\n");
  const at = lines.findLastIndex((line) => /error:/i.test(line));
  if (at === -1) return flat(errors);
  // Several in one are listed below it.
  const [first = "", ...rest] = lines.slice(at);
  const end = rest.findIndex((line) => !/^\s+(?:\*|\d+\)) /.test(line));
  const listed = end === -1 ? rest : rest.slice(0, end);
  return flat([first.replace(/^.*?error:\s*/i, ""), ...listed].join(" "));
}

/** DIY backends list the locks: `…/<id>.json: created by user@host (pid 123) at 2026-01-02T03:04:05Z`. */
function lockedBy(message: string): GateFailure {
  const holder = /created by (\S+) \(pid (\d+)\) at (\S+)/.exec(message);
  const who =
    holder === null
      ? "another update"
      : `${holder[1] ?? ""} (process ${holder[2] ?? ""}) since ${holder[3] ?? ""}`;
  return new GateFailure(
    "locked",
    `The stack is locked by ${who}: wait for that run to end, here with \`lock-timeout\`. If it is over, run this action with \`command: unlock\`; \`concurrency:\` in the workflow keeps two runs apart`,
  );
}
