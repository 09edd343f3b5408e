// Runs the committed dist/ the way a runner does: INPUT_* variables in, GITHUB_* files out, workflow commands on stdout.
import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const dist = path.join(import.meta.dirname, "../../dist/index.js");

export interface RunOptions {
  /** Inputs as in a workflow's `with:`; action.yml's defaults are applied first, as the runner does. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Files of the workspace, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Symbolic links of the workspace, by relative path. */
  readonly links?: Readonly<Record<string, string>>;
  readonly event?: string;
  readonly payload?: object;
  /** Saved state of the main step; given, the post step runs. */
  readonly state?: Readonly<Record<string, string>>;
  /** Called with the child once it runs, to send signals. */
  readonly started?: (child: ReturnType<typeof spawn>) => void;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  /** `::error …::message` and `::warning …` lines. */
  readonly annotations: readonly Annotation[];
  /** Values of `::add-mask::`. */
  readonly masks: readonly string[];
}

interface Annotation {
  readonly level: string;
  readonly properties: string;
  readonly message: string;
}

const actionDefaults: Readonly<Record<string, string>> = {
  "proof-timeout": "90",
  command: "auto",
  proof: "true",
  comment: "true",
  "expected-plan": "any",
};

/** A workspace, a temp directory and the runner's files of their own for each run; removed afterwards. */
export async function runAction(options: RunOptions): Promise<RunResult> {
  const home = mkdtempSync(path.join(tmpdir(), "ai-gate-run-"));
  const at = (name: string) => path.join(home, name);
  for (const name of ["workspace", "temp", "tools"]) mkdirSync(at(name));
  for (const name of ["output", "state", "summary", "env"])
    writeFileSync(at(name), "");
  writeFileSync(at("event.json"), JSON.stringify(options.payload ?? {}));
  for (const [name, text] of Object.entries(options.files ?? {})) {
    mkdirSync(path.dirname(path.join(at("workspace"), name)), {
      recursive: true,
    });
    writeFileSync(path.join(at("workspace"), name), text);
  }
  for (const [name, target] of Object.entries(options.links ?? {}))
    symlinkSync(target, path.join(at("workspace"), name));
  writeFileSync(path.join(at("temp"), "canary"), "canary");
  try {
    const { code, stdout, stderr } = await spawned(
      environmentOf(options, at),
      options,
    );
    return {
      code,
      stdout,
      stderr,
      outputs: readFileCommands(readFileSync(at("output"), "utf8")),
      state: readFileCommands(readFileSync(at("state"), "utf8")),
      summary: readFileSync(at("summary"), "utf8"),
      annotations: annotationsIn(stdout),
      masks: [...stdout.matchAll(/^::add-mask::(.*)$/gm)].map(([, value]) =>
        unescape(value ?? ""),
      ),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function environmentOf(
  options: RunOptions,
  at: (name: string) => string,
): Record<string, string> {
  const inputs = { ...actionDefaults, ...options.inputs };
  const named = Object.entries(inputs).map(
    ([name, value]) =>
      [`INPUT_${name.replace(/ /g, "_").toUpperCase()}`, value] as const,
  );
  const state = Object.entries(options.state ?? {}).map(
    ([name, value]) => [`STATE_${name}`, value] as const,
  );
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: at("temp"),
    TMPDIR: at("temp"),
    GITHUB_ACTIONS: "true",
    GITHUB_EVENT_NAME: options.event ?? "push",
    GITHUB_EVENT_PATH: at("event.json"),
    GITHUB_OUTPUT: at("output"),
    GITHUB_STATE: at("state"),
    GITHUB_STEP_SUMMARY: at("summary"),
    GITHUB_ENV: at("env"),
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_RUN_ID: "42",
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_SHA: "0123456789abcdef0123456789abcdef01234567",
    GITHUB_WORKSPACE: at("workspace"),
    RUNNER_TEMP: at("temp"),
    RUNNER_TOOL_CACHE: at("tools"),
    ...Object.fromEntries([...named, ...state]),
    ...options.environment,
  };
}

async function spawned(
  environment: Record<string, string>,
  options: RunOptions,
) {
  const child = spawn(process.execPath, [dist], {
    env: environment,
    cwd: environment["GITHUB_WORKSPACE"],
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text.stdout += chunk));
  child.stderr
    .setEncoding("utf8")
    .on("data", (chunk: string) => (text.stderr += chunk));
  options.started?.(child);
  const code = await new Promise<number | null>((resolve) =>
    child.on("close", resolve),
  );
  return { code, ...text };
}

/** The runner's file format: `name=value` lines or `name<<DELIMITER` blocks. */
function readFileCommands(text: string): Record<string, string> {
  const blocks = [...text.matchAll(/^([^=\n]+?)<<(\S+)\n([\s\S]*?)\n?\2$/gm)];
  return Object.fromEntries(
    blocks.map(([, name, , value]) => [name ?? "", value ?? ""]),
  );
}

function annotationsIn(stdout: string): Annotation[] {
  return [
    ...stdout.matchAll(/^::(error|warning|notice)( [^:]*)?::(.*)$/gm),
  ].map(([, level = "", properties = "", message = ""]) => ({
    level,
    properties: properties.trim(),
    message: unescape(message),
  }));
}

function unescape(value: string): string {
  return value
    .replace(/%0D/g, "\r")
    .replace(/%0A/g, "\n")
    .replace(/%3A/g, ":")
    .replace(/%2C/g, ",")
    .replace(/%25/g, "%");
}
