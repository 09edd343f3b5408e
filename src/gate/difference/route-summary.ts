// The part of a summary that says where a route leads, and what the gate adds to its calls. Pure.
import type {
  Gate,
  Route,
  SecretReference,
  UpstreamCredential,
} from "../gate.ts";
import { targetUrl } from "../rules/targets.ts";
import type { Digest, RouteSummary } from "./summary.ts";

const nowhere = { url: "", headers: {}, credential: undefined };

export function summarizeRoute(
  { path, methods, upstream, stream, timeout }: Route,
  { upstreams }: Gate,
  digest: Digest,
): RouteSummary {
  const service = upstreams.find(({ name }) => name === upstream) ?? nowhere;
  const target = targetUrl({ path }, service);
  const { credential, headers } = service;
  return {
    path,
    methods,
    upstream,
    host: target.replace(/^https:\/\/|\/.*/g, ""),
    target,
    // A gate has no other kind of route: what it does not guard, `/healthz`, is its own.
    guarded: true,
    credential: credential !== undefined,
    ...(credential && summarizeCredential(credential, digest)),
    headers: Object.fromEntries(
      Object.entries(headers)
        .map(([name, value]): [string, string] => {
          const low = name.toLowerCase();
          return [low, digest("header", low, value)];
        })
        .sort(),
    ),
    stream,
    timeout,
  };
}

const summarizeCredential = (
  { header, prefix, secret }: UpstreamCredential,
  digest: Digest,
) => ({
  credentialHeader: header,
  credentialPrefix: prefix,
  credentialSecret: secretName(secret),
  credentialStore: secret.store,
  credentialDigest: digest(
    secret.store,
    secret.store === "ssm" ? secret.name : secret.arn,
  ),
});

/** `arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key` → `openai-key`. */
function secretName(secret: SecretReference): string {
  return secret.store === "ssm"
    ? secret.name
    : secret.arn.slice(secret.arn.lastIndexOf(":") + 1);
}
