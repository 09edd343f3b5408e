// What would happen, in sentences that a reader of ai-gate.yml understands. They start small; names stand between backticks. Pure.
import { wordAccess } from "../gate/difference/calls.ts";
import type { Plan } from "../gate/gate.ts";
import { wordConditions, wordIdentity } from "../gate/difference/conditions.ts";
import { limitsOf } from "../gate/difference/limit-differences.ts";
import type {
  ConsumerSummary,
  CustomSummary,
  GateSummary,
  IssuerSummary,
  RouteSummary,
} from "../gate/difference/summary.ts";
import { quote, quoteList } from "../gate/difference/words.ts";
import { placeOf } from "../gate/difference/route-facts.ts";
import type { Change, ChangeOp } from "./change.ts";

const doneWords: Readonly<Record<ChangeOp, string>> = {
  create: "would be created",
  update: "would be updated",
  replace: "would be replaced",
  delete: "would be deleted",
};

/** @param paths the properties worth naming. */
export function wordChange(
  { op, type, name, leftover }: Change,
  paths: readonly string[],
): string {
  const resource = `${quote(name)} (${quote(type)})`;
  const done = leftover
    ? `what an earlier replacement of ${resource} left over would be deleted`
    : `${resource} ${doneWords[op]}`;
  return paths.length > 0 ? `${done}: ${quoteList(paths)}` : done;
}

export function wordRoute(route: RouteSummary): string {
  const { methods, path, upstream, target, guarded, timeout } = route;
  const header = route.credentialHeader && ` in ${quote(placeOf(route).shown)}`;
  const headers = Object.keys(route.headers);
  const secret =
    route.credentialSecret && ` from ${quote(route.credentialSecret)}`;
  const parts = [
    `leads to ${quote(target)} (${quote(upstream)})`,
    guarded ? "asks for a credential" : "asks for no credential",
    route.credential
      ? `adds the upstream's credential${secret ?? ""}${header ?? ""}`
      : "adds no credential",
    ...(headers.length > 0 ? [`sends the headers ${quoteList(headers)}`] : []),
    `${route.stream ? "streams" : "does not stream"}, and waits ${timeout} seconds at most`,
  ];
  return `the route ${quote(`${methods.join(", ")} ${path}`)} ${parts.join(", ")}`;
}

export function wordConsumer(consumer: ConsumerSummary): string {
  const { id, access, expires, plan, disabled, identities } = consumer;
  const tokens = consumer.tokenIds.length;
  const kinds = [
    ...(tokens > 0 ? [tokens === 1 ? "a token" : `${tokens} tokens`] : []),
    ...identities.map(wordIdentity),
  ];
  const parts = [
    `may call ${wordAccess(access)}`,
    ...(expires === undefined ? [] : [`until ${quote(expires)}`]),
    ...(plan === undefined ? [] : [`with the plan ${quote(plan)}`]),
    ...(disabled ? ["once it is enabled"] : []),
  ];
  return `the consumer ${quote(id)} ${parts.join(" ")}; it is known by ${kinds.join("; ") || "its tokens in the table"}`;
}

export const wordPlan = (plan: Plan): string =>
  `each consumer with the plan ${quote(plan.name)} may send ${limitsOf(plan).words}`;

type Setting = Exclude<keyof GateSummary, "routes" | "consumers" | "plans">;

/** What the gate says besides its routes, consumers and plans. */
export const wordSetting: Readonly<
  Record<Setting, (gate: GateSummary) => string>
> = {
  auth: ({ auth: { modes, cacheTtl, store, issuers, custom } }) =>
    [
      `callers are known by ${quoteList(modes) || "nothing"}`,
      `an allowed result is cached ${cacheTtl} seconds`,
      `tokens are in ${store === "dynamodb" ? "the gate's table" : "the authorizer's settings"}`,
      ...issuers.map(wordIssuer),
      ...(custom ? [wordCustom(custom)] : []),
    ].join("; "),
  origins: ({ origins }) =>
    origins.length > 0
      ? `pages of ${quoteList(origins)} may call the gate`
      : "pages of no origin may call the gate",
  proof: ({ proof }) =>
    `the authorizer ${proof ? "also lets through" : "does not let through"} the proof's own credential`,
  stageName: ({ stageName }) => `the stage of the gate is ${quote(stageName)}`,
  throttle: ({ throttle }) =>
    `all callers together may send ${limitsOf(throttle).words}`,
  stripHeaders: ({ stripHeaders }) =>
    `the headers ${quoteList(stripHeaders) || "of no list"} never reach upstreams as callers wrote them`,
  tokenHeaders: ({ tokenHeaders }) =>
    `callers send their credential in ${quoteList(tokenHeaders)}`,
  version: ({ version }) => `the gate is described in form ${version}`,
};

const wordCustom = ({ directory, runtime, handler }: CustomSummary): string =>
  `your own authorizer is taken from ${quote(directory)}, runs on ${quote(runtime)} and is called at ${quote(handler)}`;

function wordIssuer(issuer: IssuerSummary): string {
  const { name, audiences, algorithms, conditions, maxLifetime } = issuer;
  const life =
    maxLifetime === undefined ? "" : `, living ${maxLifetime} seconds at most`;
  return `JWTs of ${quote(name)} (${quote(issuer.issuer)}) are for ${quoteList(audiences)}, signed with ${quoteList(algorithms)}${life}${conditions.length > 0 ? `, if in them ${wordConditions(conditions)}` : ""}`;
}

const contentNames: ReadonlyMap<string, string> = new Map([
  ["gate", "the gate's settings, its callers' digests among them"],
  ["document", "the API document"],
  ["authorizer", "the authorizer's code"],
  ["own-authorizer", "your own authorizer's code"],
  ["proof", "what says whether the authorizer takes the proof's credential"],
]);

/** @param name as in `Run.contents`. */
export const wordContent = (name: string): string =>
  `the content of ${contentNames.get(name) ?? quote(name)}`;
