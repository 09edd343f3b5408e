// What AWS says of a refused call ("Troubleshoot access denied error messages" of IAM), and what allows it.
import { GateFailure } from "../gate/failure.ts";
import { awsFailure, codeOf, isAwsError } from "./aws.ts";
import { statementFor } from "./policy/statement-for.ts";

const pattern =
  /not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)(?: on resource: "?([^\s"]+)"?)?(?: (?:because|with) (.{1,120}))?/;

/** Of API Gateway, which makes it with an account's first domain name (serverless-domain-manager#112). */
const noServiceRole = /permissions? to create a Service Linked Role/i;

/** @returns undefined for a text that names no action */
export function explainDenied(text: string): string | undefined {
  if (noServiceRole.test(text))
    return `AWS refuses iam:CreateServiceLinkedRole to the role of this run: ${allowing("iam:CreateServiceLinkedRole", undefined)}`;
  const [, action, resource, why = ""] = pattern.exec(text) ?? [];
  if (action === undefined) return undefined;
  const where = resource === undefined ? "" : ` on ${resource.slice(0, 300)}`;
  return `AWS refuses ${action}${where} to the role of this run: ${adviceFor(action, resource, why)}`;
}

/** An error of the AWS SDK that no one has explained, as one line; any other error as it is. */
export function explainSdkError(error: unknown): unknown {
  if (error instanceof GateFailure || !isAwsError(error)) return error;
  const isDenied = /^AccessDenied|^HTTP 403$/.test(codeOf(error));
  return awsFailure(error, "A call to AWS failed", {
    reason: isDenied ? "aws-denied" : "engine",
    advice:
      explainDenied(error.message) ??
      `${error.message.slice(0, 300)}: run the job again, and report it if it stays`,
  });
}

function adviceFor(
  action: string,
  resource: string | undefined,
  why: string,
): string {
  const [, denies] =
    /explicit deny in an? ([a-z -]{3,60}?(?:policy|boundary))/.exec(why) ?? [];
  if (denies !== undefined)
    return `its ${denies} denies it, which no other policy can allow`;
  const [, lacks] =
    /^no ([a-z -]{3,60}?(?:policy|boundary)) allows/.exec(why) ?? [];
  if (lacks !== undefined && lacks !== "identity-based policy")
    return `its ${lacks} must allow it as well`;
  return allowing(action, resource);
}

function allowing(action: string, resource: string | undefined): string {
  const row = statementFor(action, resource);
  if (row === undefined)
    return `allow it, or report it: the deploy policy has no statement for it (docs/permissions.md)`;
  const note = row.note === undefined ? "" : `; ${row.note}`;
  return `add the statement ${row.sid} of the gate's deploy policy, which docs/permissions.md and \`npm run policy\` show${note}`;
}
