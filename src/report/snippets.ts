// Snippets to copy: how clients of this gate are set up, with its URL in place. The token is always a variable.
import type { GateSummary, RouteSummary } from "../diff/summary.ts";
import { serviceOf } from "../gate/upstream-kinds.ts";
import type { Run } from "./run-result.ts";
import type { Section } from "./sections.ts";

interface Snippet {
  readonly title: string;
  readonly language: "sh" | "js" | "python" | "toml" | "json";
  readonly code: string;
}

/** A client's base URL and the header in which it sends its token. */
interface Target {
  readonly url: string;
  readonly header: string;
}

/** After an `up` that ended well: what a caller of the gate needs next. */
export function snippetsSection(run: Run): Section {
  const { after, command, failure, previewed, urls } = run;
  const ready = command === "up" && !previewed && failure === undefined;
  const snippets = ready && after && urls ? snippetsOf(after, urls) : [];
  return {
    open: "<details><summary>Snippets to copy</summary>\n\n<code>GATE_TOKEN</code> is the credential of a caller that may call the route.\n",
    lines: snippets.map(
      ({ title, language, code }) =>
        `**${title}**\n\n\`\`\`${language}\n${code}\n\`\`\`\n`,
    ),
    close: "</details>",
    whole: true,
  };
}

/** At most one set for each kind of service; for a gate that has none of them, one call. */
function snippetsOf(
  gate: GateSummary,
  { baseUrl }: NonNullable<Run["urls"]>,
): readonly Snippet[] {
  const sets = [
    firstOf(gate, "openai", (route) => {
      const url = openaiUrl(route);
      if (url === undefined) return undefined;
      const target = targetOf(gate, baseUrl + url);
      return openaiSnippets(target, isGreedy(route), route.models?.[0]);
    }),
    firstOf(gate, "anthropic", (route) => {
      const url = anthropicUrl(route);
      if (url === undefined) return undefined;
      const target = targetOf(gate, baseUrl + url);
      return anthropicSnippets(target, isGreedy(route), route.models?.[0]);
    }),
    firstOf(gate, "mcp", ({ path }) =>
      mcpSnippets(targetOf(gate, baseUrl + path), gate.auth.modes),
    ),
  ];
  const found = sets.flat();
  return found.length > 0 ? found : anyCall(gate, baseUrl);
}

/** Those of the first route of a kind that has any. */
function firstOf(
  { routes }: GateSummary,
  kind: string,
  make: (route: RouteSummary) => readonly Snippet[] | undefined,
): readonly Snippet[] {
  const ofKind = routes.filter(
    (one) => serviceOf(one.kind ?? "http", one.target) === kind,
  );
  for (const route of ofKind) {
    const made = make(route);
    if (made && made.length > 0) return made;
  }
  return [];
}

const bearer = "Authorization";

/** SDKs fill `Authorization` by themselves; where the gate does not read it, they are given the header. */
function targetOf(
  { tokenHeaders }: GateSummary,
  url: string,
): Target | undefined {
  const reads = tokenHeaders.some(
    (name) => name.toLowerCase() === "authorization",
  );
  const header = reads ? bearer : (tokenHeaders[0] ?? bearer);
  // Nothing that a shell, a program or Markdown could read as more than a URL and a name.
  const plain =
    /^https?:\/\/[\w.~:/-]{1,300}$/.test(url) && /^[\w-]{1,64}$/.test(header);
  return plain ? { url, header } : undefined;
}

const greedyTail = /\/\{[^{}]+\+\}$/;
const isGreedy = ({ path }: RouteSummary): boolean => greedyTail.test(path);

/** Path at which a greedy route starts, and that of the upstream it leads to; undefined for any other route. */
function rootsOf({ path, target }: RouteSummary) {
  const [, root] = /^https:\/\/[^/]+(.*)\/\{[^{}]+\}$/.exec(target) ?? [];
  return greedyTail.test(path) && root !== undefined && !root.includes("{")
    ? { start: path.replace(greedyTail, ""), root }
    : undefined;
}

/** For a route to just one endpoint of the service: what stands before it. */
const beforeEndpoint = (
  { path, target }: RouteSummary,
  endpoint: string,
): string | undefined =>
  path.endsWith(endpoint) && target.endsWith(endpoint)
    ? path.slice(0, -endpoint.length)
    : undefined;

/** The SDK appends `/chat/completions`, and its own default ends in `/v1`. */
function openaiUrl(route: RouteSummary): string | undefined {
  if (!route.methods.includes("POST")) return undefined;
  const roots = rootsOf(route);
  if (roots === undefined) return beforeEndpoint(route, "/chat/completions");
  const { start, root } = roots;
  if (root === "") return `${start}/v1`;
  return /\/(v\d\w*|openai)$/.test(root) ? start : undefined;
}

/** The SDK appends `/v1/messages`. */
function anthropicUrl(route: RouteSummary): string | undefined {
  if (!route.methods.includes("POST")) return undefined;
  const roots = rootsOf(route);
  if (roots === undefined) return beforeEndpoint(route, "/v1/messages");
  const { start, root } = roots;
  if (!root.endsWith("/v1")) return start;
  return start.endsWith("/v1") ? start.slice(0, -3) : undefined;
}

const valueOf = (header: string): string =>
  header === bearer ? "Bearer $GATE_TOKEN" : "$GATE_TOKEN";

const curl = (
  title: string,
  { url, header }: Target,
  path: string,
  rest: readonly string[],
): Snippet => ({
  title,
  language: "sh",
  code: [
    `curl "${url}${path}" \\`,
    ...[`--header "${header}: ${valueOf(header)}"`, ...rest].map(
      (line, index) => `  ${line}${index < rest.length ? " \\" : ""}`,
    ),
  ].join("\n"),
});

/** One line each: a reader should not have to scroll sideways. */
const jsonBody = (...lines: readonly string[]): string =>
  [
    "--json '{",
    ...lines.map((line) => `    ${line},`),
    '    "messages": [{"role": "user", "content": "Say hello"}]',
    "  }'",
  ].join("\n");

/** How the SDKs are given the token; `names` are those of the parameter that ends in `Authorization`. */
const tokenLines = (header: string, names: { js: string; python: string }) =>
  header === bearer
    ? {
        js: `  ${names.js}: process.env.GATE_TOKEN,`,
        python: `    ${names.python}=os.environ["GATE_TOKEN"],`,
      }
    : {
        js: `  apiKey: "unused",\n  defaultHeaders: { "${header}": process.env.GATE_TOKEN },`,
        python: `    api_key="unused",\n    default_headers={"${header}": os.environ["GATE_TOKEN"]},`,
      };

function openaiSnippets(
  target: Target | undefined,
  greedy: boolean,
  model = "gpt-5",
): readonly Snippet[] {
  if (target === undefined) return [];
  const { url, header } = target;
  const lines = tokenLines(header, { js: "apiKey", python: "api_key" });
  const json = jsonBody(`"model": "${model}"`);
  const js = `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${url}",
${lines.js}
});
const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Say hello" }],
});
console.log(answer.choices[0].message.content);`;
  const python = `import os
from openai import OpenAI

client = OpenAI(
    base_url="${url}",
${lines.python}
)
answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)`;
  return [
    curl("curl, OpenAI", target, "/chat/completions", [json]),
    { title: "OpenAI's SDK, JavaScript", language: "js", code: js },
    { title: "OpenAI's SDK, Python", language: "python", code: python },
    ...(greedy ? [codex(target)] : []),
  ];
}

/** It calls `/responses` below its base URL. */
const codex = ({ url, header }: Target): Snippet => ({
  title: "Codex, ~/.codex/config.toml",
  language: "toml",
  code: `model_provider = "gate"

[model_providers.gate]
name = "AI gate"
base_url = "${url}"
${header === bearer ? 'env_key = "GATE_TOKEN"' : `env_http_headers = { "${header}" = "GATE_TOKEN" }`}
wire_api = "responses"`,
});

function anthropicSnippets(
  target: Target | undefined,
  greedy: boolean,
  model = "claude-sonnet-5",
): readonly Snippet[] {
  if (target === undefined) return [];
  const { url, header } = target;
  const lines = tokenLines(header, { js: "authToken", python: "auth_token" });
  const json = jsonBody(`"model": "${model}"`, '"max_tokens": 100');
  const js = `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({
  baseURL: "${url}",
${lines.js}
});
const message = await client.messages.create({
  model: "${model}",
  max_tokens: 100,
  messages: [{ role: "user", content: "Say hello" }],
});
console.log(message.content[0].text);`;
  const python = `import os
from anthropic import Anthropic

client = Anthropic(
    base_url="${url}",
${lines.python}
)
message = client.messages.create(
    model="${model}",
    max_tokens=100,
    messages=[{"role": "user", "content": "Say hello"}],
)
print(message.content[0].text)`;
  return [
    curl("curl, Anthropic", target, "/v1/messages", [json]),
    { title: "Anthropic's SDK, JavaScript", language: "js", code: js },
    { title: "Anthropic's SDK, Python", language: "python", code: python },
    ...(greedy ? [claudeCode(target)] : []),
  ];
}

/** It calls more than one path below its base URL. */
function claudeCode({ url, header }: Target): Snippet {
  const token =
    header === bearer
      ? 'ANTHROPIC_AUTH_TOKEN="$GATE_TOKEN"'
      : `ANTHROPIC_AUTH_TOKEN=unused\nexport ANTHROPIC_CUSTOM_HEADERS="${header}: $GATE_TOKEN"`;
  return {
    title: "Claude Code",
    language: "sh",
    code: `export ANTHROPIC_BASE_URL="${url}"\nexport ${token}\nclaude`,
  };
}

/** Where every caller has a JWT, the client gets one by itself: the gate says where. */
function mcpSnippets(
  target: Target | undefined,
  modes: GateSummary["auth"]["modes"],
): readonly Snippet[] {
  if (target === undefined) return [];
  const { url, header } = target;
  const value = header === bearer ? "Bearer ${GATE_TOKEN}" : "${GATE_TOKEN}";
  const headers = modes.every((mode) => mode === "jwt")
    ? {}
    : { headers: { [header]: value } };
  const server = { type: "http", url, ...headers };
  return [
    {
      title: "MCP client, .mcp.json",
      language: "json",
      code: JSON.stringify({ mcpServers: { gate: server } }, null, 2),
    },
  ];
}

/** The first route, with words in capitals for the parts of a path that a caller fills. */
function anyCall(gate: GateSummary, baseUrl: string): readonly Snippet[] {
  const [route] = gate.routes;
  if (route === undefined) return [];
  const path = route.path.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) =>
    name === "proxy" ? "PATH" : name.toUpperCase(),
  );
  const target = targetOf(gate, baseUrl + path);
  const method = route.methods.includes("GET") ? "GET" : route.methods[0];
  if (target === undefined || method === undefined) return [];
  const body = /GET|HEAD|DELETE/.test(method) ? [] : ["--json '{}'"];
  return [curl("curl", target, "", [`--request ${method}`, ...body])];
}
