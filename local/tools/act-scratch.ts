// What a run of act finds on disk: a repository, the action, an environment and a tool cache, all in one scratch directory.

import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import { dump, load } from "js-yaml";
import { lastLine, runCommand } from "../system/processes.ts";

interface RepositoryOptions {
  readonly workflow: string;
  readonly repository?: string;
  readonly repositoryName?: string;
  /** The variables that a job with `id-token: write` gets. */
  readonly idToken: Readonly<Record<string, string>>;
}

/** The scratch repository: a commit and an origin, from which act takes the repository's name. */
export async function makeRepository(
  scratch: string,
  options: RepositoryOptions,
): Promise<string> {
  const repository = join(scratch, "repository");
  if (options.repository === undefined) await mkdir(repository);
  else await cp(options.repository, repository, { recursive: true });
  const workflows = join(repository, ".github", "workflows");
  await mkdir(workflows, { recursive: true });
  await writeFile(
    join(workflows, basename(options.workflow)),
    placeIdToken(await readFile(options.workflow, "utf8"), options.idToken),
  );
  const name = options.repositoryName ?? "acme/app";
  const script = `git init -q -b main && git add -A && git commit -q -m "scratch" && git remote add origin https://github.com/${name}.git`;
  const person = {
    GIT_AUTHOR_NAME: "act",
    GIT_AUTHOR_EMAIL: "act@example.com",
  };
  const { code, stderr } = await runCommand({
    file: "/bin/sh",
    arguments: ["-c", script],
    env: {
      PATH: searchPath(),
      HOME: scratch,
      GIT_CONFIG_NOSYSTEM: "1",
      ...person,
      GIT_COMMITTER_NAME: person.GIT_AUTHOR_NAME,
      GIT_COMMITTER_EMAIL: person.GIT_AUTHOR_EMAIL,
    },
    directory: repository,
  });
  if (code !== 0)
    throw new Error(
      `cannot make a scratch repository for act: ${lastLine(stderr)}`,
    );
  return repository;
}

interface Permitted {
  readonly permissions?: string | Readonly<Record<string, string>>;
}

interface Workflow extends Permitted {
  readonly jobs: Record<string, Permitted & { env?: object }>;
}

/** act does not read `permissions`: the jobs that may ask for an ID token get the variables here, as GitHub's runner sets them. */
function placeIdToken(
  text: string,
  idToken: Readonly<Record<string, string>>,
): string {
  const workflow = load(text) as Workflow;
  for (const job of Object.values(workflow.jobs)) {
    const permissions = job.permissions ?? workflow.permissions;
    const granted =
      typeof permissions === "object"
        ? permissions["id-token"] === "write"
        : permissions === "write-all";
    if (granted) job.env = { ...job.env, ...idToken };
  }
  return dump(workflow, { lineWidth: -1 });
}

/** Copies only what a release holds, so that a run that needs anything else of the work tree fails here too. */
export async function copyAction(
  scratch: string,
  from: string,
): Promise<string> {
  const action = join(scratch, "action");
  await mkdir(action);
  for (const name of ["action.yml", "dist"])
    await cp(join(from, name), join(action, name), { recursive: true });
  return action;
}

/** act gives every step a tool cache of its own under its home, whatever the environment says: that becomes a link. */
export async function placeToolCache(
  scratch: string,
  toolCache: string | undefined,
): Promise<void> {
  const place = join(scratch, "home", ".cache", "act");
  await mkdir(place, { recursive: true });
  if (toolCache !== undefined)
    await symlink(toolCache, join(place, "tool_cache"));
}

/** The `.env` format that act reads: in double quotes, a backslash keeps what follows it as it is. */
export function environmentFile(
  variables: Readonly<Record<string, string>>,
): string {
  const quoted = (value: string): string =>
    value.replace(/[\\"$]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${quoted(value)}"\n`)
    .join("");
}

/** Steps of `using: node24` run on the node that comes first. */
function searchPath(): string {
  return [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
}

/**
 * The search path of a run of act. act 0.2.89 reads no further once a step has failed (pkg/container/host_environment.go), so
 * that its last lines may be lost: node and bash, with which act starts every step, are scripts there that wait when they fail.
 */
export async function placeCommands(scratch: string): Promise<string> {
  const place = join(scratch, "bin");
  await mkdir(place);
  const { stdout: bash } = await runCommand({
    file: "/bin/sh",
    arguments: ["-c", "command -v bash"],
    env: { PATH: searchPath() },
    directory: scratch,
  });
  for (const command of [process.execPath, bash.trim()])
    await writeFile(
      join(place, basename(command)),
      `#!/bin/sh\n'${command}' "$@"\ncode=$?\ntest $code -eq 0 || sleep 0.3\nexit $code\n`,
      { mode: 0o755 },
    );
  return [place, searchPath()].join(delimiter);
}
