// Pull requests that get no secrets, from forks and from Dependabot: what of a run can be done with the files alone.
import { sha256 } from "../cloud/names.ts";
import { GateFailure, type Problem } from "../gate/failure.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Job } from "./job.ts";

/** Why there is nothing but the files to go by, as a sentence without full stop; undefined when the run can do its work. */
export function filesOnlyReason({
  environment,
  pullRequest,
}: Pick<Job, "environment" | "pullRequest">): string | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key } = environment;
  if (!pullRequest?.untrusted || (id && key)) return undefined;
  return "a pull request from a fork or of Dependabot gets no AWS credentials";
}

/** Stands in for a token that is not there. It is public, and no gate with it is ever deployed. */
export const standInToken = (name: string): string =>
  sha256(`stand-in for ${name}`);

/**
 * Runs `load` with stand-ins for what a pull request without secrets cannot have; everything else wrong is still wrong.
 * @throws GateFailure as `load` does, without the problems that come from missing secrets alone.
 */
export function loadFilesOnly<Loaded>(
  load: (inputs: Inputs) => Loaded,
  inputs: Inputs,
): Loaded {
  // The region mostly comes from the step that gets the credentials.
  const region = inputs.given.region ?? "us-east-1";
  const placed = { ...inputs, given: { ...inputs.given, region } };
  try {
    return load(placed);
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const { message, problems, reason } = error;
    const own = problems.filter(
      (problem) => !isForWantOfTokens(problem, inputs),
    );
    if (own.length === problems.length) throw error;
    if (own.length > 0) throw new GateFailure(reason, message, own);
    const tokens = `caller=${standInToken("tokens")}`;
    return load({ ...placed, given: { ...placed.given, tokens } });
  }
}

const isForWantOfTokens = ({ where }: Problem, { given }: Inputs): boolean =>
  where === "tokens" && given.tokens === undefined;
