// What happened in one run of the action: comment, summary, verdict and outputs are made from this.
import type { GateSummary } from "../diff/summary.ts";
import type { FailureReason, GateFailure } from "../gate/failure.ts";
import type { Violation } from "../gate/policy-violations.ts";
import type { ProofResult } from "../proof/check.ts";
import type { Change } from "./changes.ts";
import type { FindingCheck } from "./fail-on.ts";

export interface Run {
  readonly command:
    | "preview"
    | "up"
    | "refresh"
    | "drift"
    | "destroy"
    | "output"
    | "unlock"
    | "load-tokens";
  /** `<project>/<stack>`; with the region it identifies this gate's comment on a pull request. */
  readonly gateId: string;
  /** Empty when none was given. */
  readonly region: string;
  readonly stack: string;
  /** Nothing was changed: `changes` are what would happen. Also for an `up` that stopped before it changed anything. */
  readonly previewed: boolean;
  /** The gate before the run; undefined when there was none, or when it is unknown. */
  readonly before?: GateSummary | undefined;
  /** The gate after the run, or as it would be; undefined after a destroy, and when the config could not be read. */
  readonly after?: GateSummary | undefined;
  readonly changes: readonly Change[];
  /** What policy packs say of it; undefined when the run asked none. */
  readonly violations?: readonly Violation[] | undefined;
  /**
   * Why only the files were checked, without full stop (`a pull request from a fork gets no AWS credentials`). Then `after` is
   * what the files describe, `before` and `changes` are unknown, and the run is neutral.
   */
  readonly filesOnly?: string | undefined;
  /** Digest of `planText`; undefined when the engine did not get that far. */
  readonly plan?: string | undefined;
  readonly check?: FindingCheck | undefined;
  /** Tokens added to and removed from the gate's table; undefined when it has none, or the run did not get that far. */
  readonly tokens?:
    { readonly added: number; readonly removed: number } | undefined;
  /** Of an `unlock`: the locks that were taken away, as `Lock of …`. */
  readonly unlocked?: readonly string[] | undefined;
  readonly maybeCorrupt?: boolean | undefined;
  /** What is wrong or was, and does not fail the run; each also an annotation. */
  readonly warnings?: readonly string[] | undefined;
  readonly proof?: ProofResult | undefined;
  /** Undefined when the gate has no URL (yet, or any more). */
  readonly urls?: Urls | undefined;
  readonly failure?:
    | (Pick<GateFailure, "reason" | "message"> &
        Partial<Pick<GateFailure, "problems">>)
    | undefined;
  readonly runUrl?: string | undefined;
  readonly sha?: string | undefined;
}

export interface Urls {
  readonly invokeUrl: string;
  readonly baseUrl: string;
  readonly apiId: string;
  readonly stageName: string;
  readonly region: string;
  /** Of a gate with a domain. */
  readonly domain?: DomainUrls;
}

export interface DomainUrls {
  readonly name: string;
  /** URL of the stage at AWS's default endpoint, which may be off. */
  readonly stageUrl: string;
  /** Where the DNS record of the domain must lead; unknown of a domain name that the gate does not make. */
  readonly dns?: { readonly name: string; readonly zoneId: string };
}

/** The gate is created for the first time: there was no summary and no URL before. */
export const isNew = ({ before, changes, urls, filesOnly }: Run): boolean =>
  before === undefined &&
  filesOnly === undefined &&
  (urls === undefined ||
    changes.some(
      ({ op, type, failed }) =>
        op === "create" && type === "aws:apigateway/restApi:RestApi" && !failed,
    ));

/** The run compares the gate before and after for callers: other commands do not read the config. */
export const comparesGates = ({ command, after, filesOnly }: Run): boolean =>
  (command === "preview" || command === "up") &&
  after !== undefined &&
  filesOnly === undefined;

/** There was a gate, but its stored summary cannot be read, as after an upgrade of the action. */
export const isUnknownBefore = (run: Run): boolean =>
  comparesGates(run) && run.before === undefined && !isNew(run);

/** The engine stopped an `up` half-way. */
export const isUnfinished = ({ command, previewed, after, failure }: Run) =>
  command === "up" &&
  !previewed &&
  after !== undefined &&
  failure !== undefined &&
  unfinished.includes(failure.reason);

const unfinished: readonly FailureReason[] = [
  "engine",
  "cancelled",
  "policy",
  "aws-denied",
  "aws-throttled",
  "aws-quota",
];
