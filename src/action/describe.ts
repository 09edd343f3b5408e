import type { OutputMap } from "@pulumi/pulumi/automation";
import * as z from "zod";
import type { ProofPublicKey } from "../../contract/authorizer-settings.ts";
import { sha256 } from "../deploy/names.ts";
import type { CodeTriggers } from "../deploy/program/parameters.ts";
import type { TokenCounts } from "../deploy/tokens/token-table.ts";
import {
  type GateSummary,
  invokePathOf,
  readSummary,
  summarizeGate,
} from "../diff/summary.ts";
import type { GateFailure } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import type { ProofPrivateKey } from "../proof/credential.ts";
import type { EngineReport } from "../report/changes.ts";
import type { DomainUrls, Run, Urls } from "../report/run-result.ts";
import { type Job, projectOf, type RunPlace, type Target } from "./job.ts";
import type { Contents } from "./stack/contents.ts";

export interface ProofKey {
  readonly publicKey: ProofPublicKey;
  /** Masked. */
  readonly privateKey: () => Promise<ProofPrivateKey>;
}

export interface Known {
  readonly before: OutputMap;
  /** The gate as it is to be deployed, with what had to be looked up first; as all below undefined for a command that describes no gate. */
  readonly gate?: Gate | undefined;
  /** Of that gate: made once, since there may be thousands of consumers in it. */
  readonly summary?: GateSummary | undefined;
  readonly proofKey?: ProofKey | undefined;
  readonly contents?: Contents | undefined;
  readonly codeTriggers?: CodeTriggers;
}

export interface Execution extends Known {
  readonly tokens?: TokenCounts | undefined;
  readonly unlocked?: Run["unlocked"];
  readonly failure?: GateFailure | undefined;
  readonly after: OutputMap;
  readonly report: EngineReport;
  /** See `planText`; undefined for a command that has none, and when the engine failed. */
  readonly plan?: string | undefined;
}

export type Described = Run & { readonly failure: GateFailure | undefined };

type Named = Pick<Job, "repository" | "runUrl" | "sha">;

/**
 * @param previewed whether nothing was changed, which an `up` that is only looked at cannot tell by its command.
 * @returns the run as far as the engine tells it: nothing checked, nothing proved.
 */
export function describeExecution(
  target: Target,
  execution: Execution,
  job: Named,
  previewed = ["preview", "drift"].includes(target.command),
): Described {
  const { command } = target;
  const { failure, gate, report, tokens } = execution;
  // What changes nothing, or failed, leaves the URL as it was.
  const stays = previewed || failure !== undefined;
  const stored = command === "destroy" ? {} : execution.after;
  return {
    ...frame(target, job),
    previewed,
    before: summaryIn(execution.before),
    after:
      gate === undefined
        ? summaryIn(command === "drift" ? execution.before : stored)
        : summaryOf(gate, execution),
    changes: report.changes,
    violations: report.violations,
    plan: execution.plan,
    unlocked: execution.unlocked,
    maybeCorrupt: report.maybeCorrupt,
    urls: urlsOf(stays ? execution.before : execution.after, gate),
    ...(tokens && { tokens: { added: tokens.put, removed: tokens.removed } }),
    failure,
  };
}

export function describeFailure(
  failure: GateFailure,
  place: RunPlace,
  job: Named,
): Described {
  return { ...frame(place, job), previewed: true, changes: [], failure };
}

export function describeFiles(
  target: Target,
  filesOnly: string,
  job: Named,
): Described {
  const { gate } = target;
  return {
    ...frame(target, job),
    previewed: true,
    changes: [],
    // Neither the own authorizer nor a key of the proof was looked at.
    after: gate && summaryOf(gate, {}),
    filesOnly,
    failure: undefined,
  };
}

function frame(place: RunPlace, job: Named) {
  const { command, region, stack } = place;
  return {
    command,
    region,
    gateId: `${projectOf(place, job)}/${stack}`,
    stack,
    runUrl: job.runUrl,
    sha: job.sha,
  };
}

/** The gate as the last `up` left it; undefined for a stack of another version of this action, or a new one. */
export function summaryIn(outputs: OutputMap): GateSummary | undefined {
  return readSummary(outputs["summary"]?.value);
}

/** The invoke URL is the first route's, without its greedy tail, so that a client can append to it. */
function urlsOf(outputs: OutputMap, gate: Gate | undefined): Urls | undefined {
  const text = (name: string) => outputs[name]?.value as string | undefined;
  const [apiId, baseUrl, region, stageName] = [
    "apiId",
    "baseUrl",
    "region",
    "stageName",
  ].map(text);
  if (!apiId || !baseUrl || !region || !stageName) return undefined;
  const described = gate ?? summaryIn(outputs);
  const path = described && invokePathOf(described);
  const bare = baseUrl.replace(/\/$/, "");
  const domain = domainIn(outputs, bare);
  return {
    apiId,
    baseUrl: bare,
    region,
    stageName,
    invokeUrl: bare + (path ?? ""),
    ...(domain && { domain }),
  };
}

const dnsShape = z.object({ name: z.string(), zoneId: z.string() });

function domainIn(outputs: OutputMap, url: string): DomainUrls | undefined {
  const stageUrl: unknown = outputs["stageUrl"]?.value;
  if (typeof stageUrl !== "string") return undefined;
  const dns = dnsShape.safeParse(outputs["dns"]?.value).data;
  const name = URL.parse(url)?.host ?? "";
  return { name, stageUrl, ...(dns && { dns }) };
}

/** The gate without its secrets, with the files of the user's own authorizer, and whether the authorizer knows a proof key. */
export const summaryOf = (
  gate: Gate,
  { contents, proofKey, summary }: Omit<Known, "before" | "gate">,
): GateSummary =>
  summary ??
  summarizeGate(gate, {
    sha256,
    ownAuthorizer: contents?.["own-authorizer"],
    proof: proofKey !== undefined,
  });
