// AWS Signature Version 4 for the one kind of call the authorizer makes: a POST to `/` without a query. Pure.
// A signing package would be a quarter of the bundle; the tests hold this one against such a package.
import { createHash, createHmac } from "node:crypto";

export interface UnsignedPost {
  readonly host: string;
  readonly region: string;
  readonly service: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A role's credentials have one. */
  readonly sessionToken: string | undefined;
}

/** Returns all headers to send, `authorization` among them; `now` in epoch milliseconds. */
export function signPost(
  post: UnsignedPost,
  credentials: Credentials,
  now: number,
): Record<string, string> {
  const { host, region, service, body } = post;
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const token = sessionToken ? { "x-amz-security-token": sessionToken } : {};
  const headers: Record<string, string> = {
    ...post.headers,
    host,
    "x-amz-date": time,
    ...token,
  };
  const names = Object.keys(headers).sort();
  const lines = names
    .map((name) => `${name}:${String(headers[name])}\n`)
    .join("");
  const request = `POST\n/\n\n${lines}\n${names.join(";")}\n${sha256(body)}`;
  const scope = [day, region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope.join("/")}\n${sha256(request)}`;
  const signature = hmac(key, text).toString("hex");
  const credential = `${accessKeyId}/${scope.join("/")}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
