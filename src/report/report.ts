// What happened in one run of the action: the one thing that comment, summary, verdict and outputs are made from. Types only.
import type { FailureReason } from "../gate/failure.ts";
import type { GateSummary } from "../diff/summary.ts";
import type { Change } from "./changes.ts";
import type { FindingCheck } from "./findings.ts";

export interface Run {
  readonly command:
    "preview" | "up" | "refresh" | "drift" | "destroy" | "output";
  /** `<project>/<stack>`; tells this gate's comment from others on the same pull request. */
  readonly gateId: string;
  readonly stack: string;
  /** True when nothing was changed: the changes are what would happen. Also for an `up` that stopped before it changed anything. */
  readonly previewed: boolean;
  /** The gate before the run; undefined when there was none, or when it is not known. */
  readonly before?: GateSummary | undefined;
  /** The gate after the run, or as it would be; undefined after a destroy, and when the config could not be read. */
  readonly after?: GateSummary | undefined;
  readonly changes: readonly Change[];
  /**
   * Why there is nothing but the files to go by: one sentence without full stop (`a pull request from a fork gets no AWS
   * credentials`). Then `after` is what the files say, `before` and `changes` are not known, and the run is neutral.
   */
  readonly filesOnly?: string | undefined;
  /** Digest of all that would change, see `planText`; undefined when the engine did not get to tell. */
  readonly plan?: string | undefined;
  /** What `checkFindings` said about this run; undefined where nothing was checked. */
  readonly check?: FindingCheck | undefined;
  /** Undefined when the gate keeps no tokens in a table, or when the run did not get that far. */
  readonly tokens?: TokenCounts | undefined;
  /** The engine says that the state of a resource may be wrong. */
  readonly maybeCorrupt?: boolean | undefined;
  /** Undefined when nothing was proved. */
  readonly proof?: Proof | undefined;
  /** Undefined when the gate has no URL (yet, or any more). */
  readonly urls?: Urls | undefined;
  readonly failure?: Failure | undefined;
  readonly runUrl?: string | undefined;
  readonly sha?: string | undefined;
}

/** Tokens this run put into the gate's table and took out of it. */
interface TokenCounts {
  readonly added: number;
  readonly removed: number;
}

export interface Urls {
  readonly invokeUrl: string;
  readonly baseUrl: string;
  readonly apiId: string;
  readonly stageName: string;
  readonly region: string;
}

/** A `GateFailure` is one. */
interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
  readonly problems?: readonly {
    readonly where: string;
    readonly message: string;
  }[];
}

/** What `prove` returns. */
export interface Proof {
  readonly broken: boolean;
  readonly failed: boolean;
  readonly results: readonly ProofLine[];
}

export interface ProofLine {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly actual: string;
  readonly status: "passed" | "failed" | "warning" | "not-made";
  readonly attempts: number;
  readonly message: string;
}
