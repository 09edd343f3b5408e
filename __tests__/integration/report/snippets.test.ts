// The snippets of the summary, run as they are written, through the gate whose summary it is.
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { load } from "js-yaml";
import { silentProgress } from "../../../local/system/progress.ts";
import { providePythonSdks } from "../../../local/tools/tools.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import { renderSummary } from "../../../src/report/comment.ts";
import { servicesOf, urlOf } from "../../fixtures/ai-services.ts";
import { plainEnvironment } from "../../fixtures/clients/python.ts";
import { consumer, everything, gateFor, tokens } from "../../fixtures/gates.ts";
import { type RunningGate, stopAll } from "../../fixtures/local-gate.ts";
import { run, urls } from "../../fixtures/runs.ts";
import { sha256 } from "../../fixtures/sources.ts";

afterAll(stopAll);

const routes = `
upstreams:
  openai: { kind: openai, secret: ssm:/ai/openai }
  anthropic: { kind: anthropic, secret: ssm:/ai/anthropic }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: "/claude/{proxy+}", methods: [GET, POST, HEAD], upstream: anthropic }
consumers:
${consumer("admin")}
`;

interface Snippet {
  readonly title: string;
  readonly language: string;
  readonly code: string;
}

function snippetsOf(running: RunningGate): Snippet[] {
  const text = renderSummary(
    run({
      command: "up",
      previewed: false,
      after: summarizeGate(running.gate, { sha256 }),
      urls: { ...urls, baseUrl: urlOf("", running) },
    }),
  );
  return [...text.matchAll(/\*\*([^*\n]+)\*\*\n\n```(\w+)\n(.*?)\n```/gs)].map(
    ([, title = "", language = "", code = ""]) => ({ title, language, code }),
  );
}

const root = path.join(import.meta.dirname, "../../..");

async function runSnippet(
  { language, code }: Snippet,
  token: string,
): Promise<string> {
  const commands: Readonly<Record<string, readonly [string, ...string[]]>> = {
    sh: ["sh", "-c", code],
    js: [process.execPath, "--input-type=module", "--eval", code],
    python: [await providePythonSdks(silentProgress), "-c", code],
  };
  const [command, ...args] = commands[language] ?? ["false"];
  const { stdout } = await promisify(execFile)(command, args, {
    cwd: root,
    env: { ...plainEnvironment, GATE_TOKEN: token },
  });
  return stdout;
}

const titles = [
  "curl, OpenAI",
  "OpenAI's SDK, JavaScript",
  "OpenAI's SDK, Python",
  "Codex, ~/.codex/config.toml",
  "curl, Anthropic",
  "Anthropic's SDK, JavaScript",
  "Anthropic's SDK, Python",
  "Claude Code",
];

describe.each([
  ["the headers of the services", ""],
  ["a header of its own", "token-header: X-Gate-Token"],
])("a gate that reads %s", (_, header) => {
  const gate = gateFor(
    `${header}${routes}`,
    servicesOf(() => gate.it),
  );

  test("has snippets that run as they are", async () => {
    const snippets = snippetsOf(gate.it);
    expect(snippets.map(({ title }) => title)).toEqual(titles);
    const programs = snippets.filter(
      ({ title, language }) => language !== "toml" && title !== "Claude Code",
    );
    expect(programs).toHaveLength(6);
    await Promise.all(
      programs.map(async (snippet) =>
        expect(await runSnippet(snippet, tokens.admin)).toContain("Say hello"),
      ),
    );
    expect(gate.it.seen).toHaveLength(6);
    expect(everything(gate.it.seen)).not.toContain(tokens.admin);
  });

  test("has settings of Claude Code and Codex whose calls arrive", async () => {
    const codes = snippetsOf(gate.it).map(({ code }) => code);
    const claude = await promisify(execFile)(
      "sh",
      ["-c", `${codes[7]?.replace("\nclaude", "\nenv")}`],
      { env: { ...plainEnvironment, GATE_TOKEN: tokens.admin } },
    );
    const set = Object.fromEntries(
      claude.stdout.split("\n").map((line) => line.split(/=(.*)/s, 2)),
    ) as Partial<Record<string, string>>;
    const headers = {
      ...(set["ANTHROPIC_AUTH_TOKEN"] && {
        Authorization: `Bearer ${set["ANTHROPIC_AUTH_TOKEN"]}`,
      }),
      ...(load(set["ANTHROPIC_CUSTOM_HEADERS"] ?? "{}") as object),
    };
    const hello = `${set["ANTHROPIC_BASE_URL"]}/api/hello`;
    await fetch(hello, { method: "HEAD", headers });

    const [, url = ""] = /^base_url = "(.*)"$/m.exec(codes[3] ?? "") ?? [];
    const [, own] =
      /^env_http_headers = \{ "(.*)" = "GATE_TOKEN" \}$/m.exec(
        codes[3] ?? "",
      ) ?? [];
    await fetch(`${url}/responses`, {
      method: "POST",
      headers:
        own === undefined
          ? { Authorization: `Bearer ${tokens.admin}` }
          : { [own]: tokens.admin },
    });
    expect(gate.it.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "HEAD /api/hello",
      "POST /v1/responses",
    ]);
  });
});

describe("a gate of another service", () => {
  const gate = gateFor(`
upstreams:
  status: { url: https://status.example.com/all }
routes:
  - { path: /status, methods: [GET], upstream: status }
consumers:
${consumer("admin")}
`);

  test("has a call with curl", async () => {
    const [snippet, ...more] = snippetsOf(gate.it);
    expect(more).toEqual([]);
    expect(await runSnippet(snippet!, tokens.admin)).toBe('{"ok":true}');
  });
});
