// Runs a workflow on this machine through act, with the action of this work tree in the place of the released one. Each run
// has a scratch repository and a home of its own, both gone at its end.

import { cp, mkdir, mkdtemp, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { parseActLine, parseActLog, type ActLine, type ActLog } from "./act-log.ts";
import { lastLine, runCommand, startCommand } from "./processes.ts";

export interface ActOptions {
  /** Path of act (`provideAct`). */
  readonly act: string;
  /** The workflow file to run. */
  readonly workflow: string;
  /** `push`, `pull_request`, … */
  readonly event: string;
  readonly eventPayload?: object;
  /** A directory whose content the scratch repository gets, beside the workflow. */
  readonly repository?: string;
  /** `owner/name` of the scratch repository; acme/app when not given. */
  readonly repositoryName?: string;
  /** The work tree whose `action.yml` and `dist/` are run. */
  readonly actionDirectory: string;
  /** How the workflow calls it; org/ai-gate-action@v1 when not given. */
  readonly actionName?: string;
  /** Other actions to take from directories: `owner/name@ref` -> directory. */
  readonly otherActions?: Readonly<Record<string, string>>;
  /** Added to the environment of every step; nothing else of this machine is, save PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** `GITHUB_TOKEN` among them. They reach act by a file. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Only this job and what it needs. */
  readonly job?: string;
  readonly onLine?: (line: ActLine) => void;
}

export interface ActResult extends ActLog {
  readonly code: number;
  /** What act itself had to say. */
  readonly stderr: string;
  /** Everything act printed, line by line as it was. */
  readonly output: string;
}

const credentialsAction = "aws-actions/configure-aws-credentials";

/** Runs the workflow to its end. Rejects only when the scratch repository cannot be made; a failed job is a result. */
export async function runAct(options: ActOptions): Promise<ActResult> {
  const scratch = await mkdtemp(join(tmpdir(), "ai-gate-act-"));
  const repository = await makeRepository(scratch, options);
  const running = startCommand({
    file: options.act,
    arguments: await actArguments(scratch, options),
    env: { PATH: searchPath(), HOME: join(scratch, "home"), LANG: "C.UTF-8" },
    directory: repository,
    scratch,
  });
  const lines: string[] = [];
  const read = async (): Promise<void> => {
    for await (const line of createInterface({ input: running.stdout })) {
      lines.push(line);
      options.onLine?.(parseActLine(line));
    }
  };
  const [code, stderr] = await Promise.all([running.exited, text(running.stderr), read()]);
  const output = lines.join("\n");
  return { ...parseActLog(output), code, stderr, output };
}

// act wants a commit and an origin, from which it takes the repository's name.
async function makeRepository(scratch: string, options: ActOptions): Promise<string> {
  const repository = join(scratch, "repository");
  if (options.repository === undefined) await mkdir(repository);
  else await cp(options.repository, repository, { recursive: true });
  const workflows = join(repository, ".github", "workflows");
  await mkdir(workflows, { recursive: true });
  await cp(options.workflow, join(workflows, basename(options.workflow)));
  const name = options.repositoryName ?? "acme/app";
  const script = `git init -q -b main && git add -A && git commit -q -m "scratch" && git remote add origin https://github.com/${name}.git`;
  const person = { GIT_AUTHOR_NAME: "act", GIT_AUTHOR_EMAIL: "act@example.com" };
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
  if (code !== 0) throw new Error(`cannot make a scratch repository for act: ${lastLine(stderr)}`);
  return repository;
}

async function actArguments(scratch: string, options: ActOptions): Promise<string[]> {
  const [environment, secrets, payload] = ["environment", "secrets", "event.json"].map((name) => join(scratch, name));
  const action = join(scratch, "action");
  await mkdir(action);
  for (const name of ["action.yml", "dist"]) {
    await cp(join(options.actionDirectory, name), join(action, name), { recursive: true });
  }
  await placeToolCache(scratch, options.env.RUNNER_TOOL_CACHE);
  await writeFile(environment ?? "", environmentFile(options.env));
  await writeFile(secrets ?? "", environmentFile(options.secrets ?? {}), { mode: 0o600 });
  await writeFile(payload ?? "", JSON.stringify(options.eventPayload ?? {}));
  const stub = join(import.meta.dirname, "actions", "configure-aws-credentials");
  const replaced = {
    [options.actionName ?? "org/ai-gate-action@v1"]: action,
    ...Object.fromEntries(["v4", "v5", "v6"].map((version) => [`${credentialsAction}@${version}`, stub])),
    ...options.otherActions,
  };
  return [
    options.event,
    ...["--workflows", `.github/workflows/${basename(options.workflow)}`],
    ...["--platform", "ubuntu-latest=-self-hosted", "--no-cache-server", "--json"],
    ...["--env-file", environment ?? "", "--secret-file", secrets ?? "", "--eventpath", payload ?? ""],
    ...(options.job === undefined ? [] : ["--job", options.job]),
    ...Object.entries(replaced).flatMap(([name, directory]) => ["--local-repository", `${name}=${directory}`]),
  ];
}

// act gives every step a tool cache of its own under its home, whatever the environment says.
async function placeToolCache(scratch: string, toolCache: string | undefined): Promise<void> {
  const place = join(scratch, "home", ".cache", "act");
  await mkdir(place, { recursive: true });
  if (toolCache !== undefined) await symlink(toolCache, join(place, "tool_cache"));
}

/** The `.env` format that act reads: in double quotes, a backslash keeps what follows it as it is. */
export function environmentFile(variables: Readonly<Record<string, string>>): string {
  const quoted = (value: string): string => value.replace(/[\\"$]/g, String.raw`\$&`).replaceAll("\n", String.raw`\n`);
  return Object.entries(variables)
    .map(([name, value]) => `${name}="${quoted(value)}"\n`)
    .join("");
}

/** Steps of `using: node24` run on the node that comes first. */
function searchPath(): string {
  return [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter);
}
