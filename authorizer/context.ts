import { InternalFailure } from "./failure.ts";
import type { Decision } from "./decide.ts";
import type { ReadSecret } from "./aws/secrets.ts";
import type { Upstream } from "./settings.ts";

export interface AuthorizerResult {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: "2012-10-17";
    readonly Statement: readonly [
      {
        readonly Action: "execute-api:Invoke";
        readonly Effect: "Allow" | "Deny";
        readonly Resource: string;
      },
    ];
  };
  /** What the routes, the bodies of errors and the access log may read: `consumer`, `mode`, and `credential`, or `reason` and `denial`. */
  readonly context: Readonly<Record<string, string>>;
  readonly usageIdentifierKey?: string | undefined;
}

/** No line breaks; API Gateway takes about 10 KB for all headers. */
const headerValue = /^[\x21-\x7e](?:[\x20-\x7e]{0,8190}[\x21-\x7e])?$/;

/** @throws InternalFailure when the upstream's secret cannot be read or cannot stand in a header */
export async function buildResult(
  decision: Exclude<Decision, { kind: "unauthorized" }>,
  readSecret: ReadSecret,
): Promise<AuthorizerResult> {
  const { caller, kind, resource } = decision;
  const { issuer, mode, name, usageKey } = caller;
  const isAllowed = kind === "allow";
  return {
    principalId: [mode, issuer, name].filter(Boolean).join(":"),
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Action: "execute-api:Invoke",
          Effect: isAllowed ? "Allow" : "Deny",
          Resource: resource,
        },
      ],
    },
    context: {
      consumer: name,
      mode,
      ...(!isAllowed && {
        reason: decision.message,
        denial: decision.reason,
      }),
      ...(isAllowed &&
        decision.upstream && {
          credential: await readCredential(decision.upstream, readSecret),
        }),
    },
    usageIdentifierKey: usageKey,
  };
}

async function readCredential(
  { name, prefix, secret }: Upstream,
  readSecret: ReadSecret,
): Promise<string> {
  const value = await readSecret(secret);
  if (headerValue.test(value)) return prefix + value;
  throw new InternalFailure(
    "upstream-secret-invalid",
    `upstream ${name}: the secret cannot stand in a header`,
  );
}
