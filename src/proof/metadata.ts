// Whether MCP clients find out where to sign in: the gate's 401 names a document, which is there for everybody and names the route.
import { connectionFault } from "../gate/failure.ts";
import { type Gate, upstreamOf } from "../gate/gate.ts";
import {
  challengedResource,
  challengeUrl,
  metadataDocuments,
} from "../gate/openapi/mcp-metadata.ts";
import { bodyLimit, createClient, hostHeader, timeUpAfter } from "./ask.ts";
import { samplePath } from "./calls.ts";
import type { CheckResult } from "./check.ts";
import { pauseAfter } from "./proof.ts";

export interface Reply {
  readonly status: number;
  readonly challenge: string | undefined;
  readonly body: string;
}

export interface MetadataTools {
  /** URL of the stage that is asked, without a trailing slash. */
  readonly baseUrl: string;
  /** URL by which callers know the gate, where it is another one: that of its domain. */
  readonly publicUrl?: string | undefined;
  /** As in `AskOptions`; then the document names the public URL. */
  readonly host?: string | undefined;
  /** Sends no credential. Throws when there is no answer. */
  readonly read: (method: string, url: string, host?: string) => Promise<Reply>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Seconds after which nothing is asked again. */
  readonly deadline: number;
}

interface Question {
  readonly id: string;
  readonly title: string;
  readonly method: string;
  readonly url: string;
  readonly expected: string;
  /** As in `Check`. */
  readonly shows: string;
  readonly holds: (reply: Reply) => boolean;
  readonly message: string;
}

/** @returns a result for the 401 and one for each document; none for a gate that serves none. */
export function proveMetadata(
  gate: Gate,
  tools: MetadataTools,
): Promise<CheckResult[]> {
  const end = tools.now() + tools.deadline * 1000;
  return Promise.all(
    questionsOf(gate, tools).map((one) => askUntil(one, tools, end)),
  );
}

function questionsOf(
  gate: Gate,
  {
    baseUrl,
    host,
    publicUrl = baseUrl,
  }: Pick<MetadataTools, "baseUrl" | "host" | "publicUrl">,
): Question[] {
  const url = challengeUrl(gate, publicUrl);
  // A document names what was dialled.
  const dialled = host === undefined ? baseUrl : publicUrl;
  const route = gate.routes.find((one) => upstreamOf(gate, one).kind === "mcp");
  if (url === undefined || route === undefined) return [];
  const { methods, path } = route;
  const [method = "POST"] = methods;
  const challenged = challengedResource(gate)?.path ?? "";
  return [
    {
      id: "sign-in challenge",
      title: `${method} ${path} without a credential says where to sign in`,
      method,
      url: baseUrl + samplePath(path),
      expected: `401 that names the metadata of ${challenged || "/"}`,
      shows: "MCP clients learn where to sign in",
      holds: ({ challenge, status }) =>
        status === 401 && challenge === `Bearer resource_metadata="${url}"`,
      message:
        "MCP clients do not find out where to sign in; run `up` again, and look at the resource `unauthorized` if it stays",
    },
    ...[...metadataDocuments(gate)].map(([document, resource]): Question => ({
      id: `sign-in metadata ${document}`,
      title: `GET ${document}`,
      method: "GET",
      url: baseUrl + document,
      expected: "200 that names the resource",
      shows: "MCP clients sign in for the URL that they call",
      holds: ({ body, status }) =>
        status === 200 && resourceIn(body) === dialled + resource.path,
      message:
        "MCP clients do not sign in for a resource that is not the URL they call; run `up` again",
    })),
  ];
}

function resourceIn(body: string): unknown {
  try {
    const document: unknown = JSON.parse(body);
    return typeof document === "object" && document && "resource" in document
      ? document.resource
      : undefined;
  } catch {
    return undefined;
  }
}

async function askUntil(
  question: Question,
  { baseUrl, host, now, read, sleep }: MetadataTools,
  end: number,
): Promise<CheckResult> {
  const { expected, holds, id, message, method, shows, title, url } = question;
  const sentence = `\`${method} ${url.slice(baseUrl.length)}\` without a credential must bring ${expected}: ${shows}`;
  for (let attempts = 1; ; attempts++) {
    const reply = await read(method, url, host).catch(
      (error: unknown) => `no answer (${connectionFault(error)})`,
    );
    const known = { id, title, expected, shows, sentence, attempts };
    const actual = typeof reply === "string" ? reply : String(reply.status);
    if (typeof reply !== "string" && holds(reply))
      return { ...known, actual, status: "passed", message: "" };
    const pause = pauseAfter(attempts);
    if (now() + pause > end)
      return { ...known, actual, status: "failed", message };
    await sleep(pause);
  }
}

/** Through the runner's proxy; no redirect is followed. @param timeout seconds for the whole call */
export async function readUrl(
  method: string,
  url: string,
  host?: string,
  timeout = 30,
): Promise<Reply> {
  const client = createClient(timeout);
  const timeUp = timeUpAfter(timeout);
  try {
    const { message } = await Promise.race([
      client.request(method, url, null, hostHeader(host)),
      timeUp,
    ]);
    const { headers, statusCode = 0 } = message;
    const challenge = headers["www-authenticate"];
    try {
      const body = await Promise.race([readStart(message), timeUp]);
      return { status: statusCode, challenge, body };
    } finally {
      message.destroy();
    }
  } finally {
    client.dispose();
  }
}

/** No document of a gate is longer: what is cut off is no JSON. */
async function readStart(message: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of message) {
    pieces.push(piece);
    size += piece.length;
    if (size > bodyLimit) break;
  }
  return Buffer.concat(pieces).subarray(0, bodyLimit).toString();
}
