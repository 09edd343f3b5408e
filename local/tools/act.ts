// Runs a workflow on this machine through act, with the action of this work tree in the place of the released one. Each run
// has a scratch repository and a home of its own, both gone at its end.

import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import {
  parseActLine,
  parseActLog,
  type ActLine,
  type ActLog,
} from "./act-log.ts";
import {
  copyAction,
  environmentFile,
  makeRepository,
  placeCommands,
  placeToolCache,
} from "./act-scratch.ts";
import { startCommand } from "../system/processes.ts";

const credentialsStub = join(
  import.meta.dirname,
  "actions",
  "configure-aws-credentials",
);

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
  /** Added to the environment of every step (of `ACTIONS_ID_TOKEN_REQUEST_*`: where `permissions` allow it); nothing else of this machine is, save PATH. */
  readonly env: Readonly<Record<string, string>>;
  /** `GITHUB_TOKEN` among them. They reach act by a file. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** What `vars.` reads. */
  readonly vars?: Readonly<Record<string, string>>;
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

/** Runs the workflow to its end. Rejects only when the scratch repository cannot be made; a failed job is a result. */
export async function runAct(options: ActOptions): Promise<ActResult> {
  const scratch = await mkdtemp(join(tmpdir(), "ai-gate-act-"));
  const { env, idToken } = splitIdToken(options);
  const repository = await makeRepository(scratch, { ...options, idToken });
  await placeToolCache(scratch, options.env.RUNNER_TOOL_CACHE);
  const running = startCommand({
    file: options.act,
    arguments: await actArguments(scratch, { ...options, env }),
    env: {
      PATH: await placeCommands(scratch),
      HOME: join(scratch, "home"),
      LANG: "C.UTF-8",
    },
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
  const [code, stderr] = await Promise.all([
    running.exited,
    text(running.stderr),
    read(),
  ]);
  const output = lines.join("\n");
  return { ...parseActLog(output), code, stderr, output };
}

/** Only jobs with `id-token: write` may ask for an ID token, and none of a pull request from a fork. */
function splitIdToken({ env, eventPayload, repositoryName }: ActOptions) {
  const {
    ACTIONS_ID_TOKEN_REQUEST_URL = "https://127.0.0.1:1/?none",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN = "none",
    ...rest
  } = env;
  const { pull_request: pull } = (eventPayload ?? {}) as {
    pull_request?: { head: { repo: { full_name: string } } };
  };
  const name = repositoryName ?? "acme/app";
  const isFork = pull !== undefined && pull.head.repo.full_name !== name;
  const idToken = {
    ACTIONS_ID_TOKEN_REQUEST_URL,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN,
  };
  return { env: rest, idToken: isFork ? {} : idToken };
}

async function actArguments(
  scratch: string,
  options: ActOptions,
): Promise<string[]> {
  const files = {
    "--env-file": environmentFile(options.env),
    "--secret-file": environmentFile(options.secrets ?? {}),
    "--var-file": environmentFile(options.vars ?? {}),
    "--eventpath": JSON.stringify(options.eventPayload ?? {}),
  };
  const args = [options.event, "--json", "--no-cache-server"];
  args.push("--platform", "ubuntu-latest=-self-hosted");
  args.push("--workflows", `.github/workflows/${basename(options.workflow)}`);
  if (options.job !== undefined) args.push("--job", options.job);
  for (const [option, content] of Object.entries(files)) {
    const path = join(scratch, option.slice(2));
    await writeFile(path, content, { mode: 0o600 });
    args.push(option, path);
  }
  const actions = {
    [options.actionName ?? "org/ai-gate-action@v1"]: await copyAction(
      scratch,
      options.actionDirectory,
    ),
    "aws-actions/configure-aws-credentials@v5": credentialsStub,
    ...options.otherActions,
  };
  for (const [name, directory] of Object.entries(actions))
    args.push("--local-repository", `${name}=${directory}`);
  return args;
}
