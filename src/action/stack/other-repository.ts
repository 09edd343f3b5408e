// The input `project` can name the same gate in two repositories, and a repository's name can become another one's. GitHub's id, which
// the stack remembers, tells them apart: the config of one must not replace the gate of the other, with its callers and its keys.
import { quoted } from "../../config/messages.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { RunContext } from "../context.ts";
import { projectOf } from "../job.ts";
import { repositoryId } from "./gate-program.ts";

type Run = Pick<RunContext, "host" | "inputs" | "job" | "target">;

/**
 * A preview only warns: it changes nothing, and shows what would become of the gate.
 * @param stored the stack output; undefined for a stack that is new or was brought up outside GitHub
 * @throws GateFailure `invalid-input` for a command that changes something, unless the gate is to be taken over
 */
export function refuseAnotherRepository(
  stored: unknown,
  { host, inputs, job, target }: Run,
): void {
  const own = repositoryId(job);
  const isForeign = typeof stored === "string" && stored !== own;
  if (own === undefined || !isForeign || inputs.adopt) return;
  const { command, stack } = target;
  if (command === "drift" || command === "output") return;
  const problem = {
    where: "project",
    message: `the stack ${stack} of ${projectOf(target, job)} was brought up by another repository (id ${quoted(stored)}, this one has ${quoted(own)}): use another \`project\` or \`stack\`, or \`adopt: true\` once to take that gate over`,
  };
  if (command === "preview") host.warn(problem);
  else
    throw new GateFailure(
      "invalid-input",
      "the stack is another repository's",
      [problem],
    );
}
