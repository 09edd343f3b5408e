// The gate without its secrets, with what only the runner can tell of it: the files of the user's own authorizer, and whether
// the authorizer knows a key of the proof.
import { sha256 } from "../../cloud/names.ts";
import {
  type GateSummary,
  summarizeGate,
} from "../../gate/difference/summary.ts";
import type { Gate } from "../../gate/gate.ts";
import type { Known } from "./execution.ts";

export const summaryOf = (
  gate: Gate,
  { contents, proofKey }: Pick<Known, "contents" | "proofKey">,
): GateSummary =>
  summarizeGate(gate, {
    sha256,
    ownAuthorizer: contents?.["own-authorizer"],
    proof: proofKey !== undefined,
  });
