// Reads a small public JSON document over HTTPS: through the runner's proxy, no redirect followed, size and time bounded.
import { HttpClient } from "@actions/http-client";

/** A JSON value, or why there is none: `answered 404`, `redirects to https://…`, `does not answer (ENOTFOUND)`. */
export type PublicJson =
  { readonly value: unknown } | { readonly fault: string };

export type ReadPublicJson = (url: string) => Promise<PublicJson>;

const largest = 256 * 1024;

/** @param timeout seconds for the whole call. @returns a reader that never throws. */
export function createPublicJson(timeout = 10): ReadPublicJson {
  return async (url) => {
    const client = new HttpClient("ai-gate-action", [], {
      allowRedirects: false,
      // Of a GET only, and only after a 502, 503 or 504.
      allowRetries: true,
      maxRetries: 2,
      keepAlive: false,
      socketTimeout: timeout * 1000,
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<PublicJson>((resolve) => {
      const fault = `does not answer within ${timeout} seconds`;
      timer = setTimeout(() => resolve({ fault }), timeout * 1000);
    });
    try {
      return await Promise.race([read(client, url), late]);
    } finally {
      clearTimeout(timer);
      client.dispose();
    }
  };
}

async function read(client: HttpClient, url: string): Promise<PublicJson> {
  try {
    const { message } = await client.get(url, { accept: "application/json" });
    const status = message.statusCode ?? 0;
    if (status !== 200) {
      message.destroy();
      return { fault: `answered ${status}${redirection(message.headers)}` };
    }
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of message as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > largest) {
        message.destroy();
        return { fault: `is over ${largest / 1024} KB` };
      }
      pieces.push(piece);
    }
    return parse(Buffer.concat(pieces).toString("utf8"));
  } catch (error) {
    return { fault: `does not answer (${causeOf(error)})` };
  }
}

function redirection({ location }: { location?: string | undefined }): string {
  const host = location === undefined ? undefined : URL.parse(location)?.host;
  return host === undefined
    ? ""
    : ` with a redirect to ${host}, which is not followed`;
}

function parse(text: string): PublicJson {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: "is no JSON" };
  }
}

/** The system's code (`ENOTFOUND`) when there is one: a message could repeat a proxy's URL with its password. */
function causeOf(error: unknown): string {
  const code: unknown =
    typeof error === "object" && error !== null && "code" in error
      ? error.code
      : undefined;
  return typeof code === "string" ? code : "the connection failed";
}
