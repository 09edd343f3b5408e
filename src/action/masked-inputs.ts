// The runner masks every secret that a workflow names, and does not tell which: what an input got from one is found in the workflow's text.
import type { InputName } from "./inputs/contract.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { readText } from "./inputs/workspace-files.ts";
import type { Job } from "./job.ts";

/** Keys of a step (of this action, and the one that gets the credentials) whose values become part of an output. */
const keys: Readonly<Record<string, InputName>> = {
  region: "region",
  "aws-region": "region",
  AWS_REGION: "region",
  AWS_DEFAULT_REGION: "region",
  stack: "stack",
  project: "project",
  "stage-name": "stage-name",
  path: "path",
};

/** @returns values of the run that the workflow takes from `secrets`, as far as its file is in the workspace. */
export function valuesFromSecrets(
  { environment, workspace }: Pick<Job, "environment" | "workspace">,
  inputs: Pick<Inputs, "given"> | undefined,
): string[] {
  // `owner/name/.github/workflows/gate.yml@refs/heads/main`
  const [, file] =
    /^[^/]+\/[^/]+\/([^@]+)@/.exec(environment["GITHUB_WORKFLOW_REF"] ?? "") ??
    [];
  const text = file === undefined ? undefined : readText(workspace, file);
  if (typeof text !== "string") return [];
  const taken = Object.entries(keys).flatMap(([key, name]) => {
    const isTaken = new RegExp(
      `^[\\s-]*["']?${key}["']?:.*\\$\\{\\{[^}]*(?<![.\\w])secrets\\s*[.[]`,
      "m",
    );
    if (!isTaken.test(text)) return [];
    const region =
      environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"];
    return inputs?.given[name] ?? (name === "region" ? (region ?? []) : []);
  });
  return [...new Set(taken)].filter((value) => value !== "");
}
