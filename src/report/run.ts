// What happened in one run of the action: the one thing that comment, summary, verdict and outputs are made from. Types only.
import type { FailureReason } from "../gate/failure.ts";
import type { GateSummary } from "../gate/difference/summary.ts";
import type { Change } from "./changes.ts";

export interface Run {
  readonly command: "preview" | "up" | "refresh" | "destroy" | "output";
  /** `<project>/<stack>`; tells this gate's comment from others on the same pull request. */
  readonly gateId: string;
  readonly stack: string;
  /** True when nothing was changed: the changes are what would happen. */
  readonly previewed: boolean;
  /** The gate before the run; undefined when there was none, or when it is not known. */
  readonly before?: GateSummary | undefined;
  /** The gate after the run, or as it would be; undefined after a destroy, and when the config could not be read. */
  readonly after?: GateSummary | undefined;
  readonly changes: readonly Change[];
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
