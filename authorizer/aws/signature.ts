// AWS Signature Version 4 for a POST without a query, and for a presigned one; a package would be a quarter of the bundle, and tests
// compare with one.
import { createHmac, hash } from "node:crypto";
import { Unavailable } from "../failure.ts";

export interface UnsignedPost {
  readonly host: string;
  /** Needs no encoding: services differ in how often they encode it. */
  readonly path: string;
  readonly region: string;
  readonly service: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Adds `authorization`; `now` in epoch milliseconds. */
export function signPost(
  post: UnsignedPost,
  environment: Environment,
  now: number,
): Record<string, string> {
  const { host, path, body } = post;
  const signer = createSigner(post, environment, now);
  const token = signer.sessionToken
    ? { "x-amz-security-token": signer.sessionToken }
    : {};
  const headers: Record<string, string> = {
    ...post.headers,
    host,
    "x-amz-date": signer.time,
    ...token,
  };
  const names = Object.keys(headers).sort();
  const lines = names
    .map((name) => `${name}:${String(headers[name])}\n`)
    .join("");
  const signature = signer.sign(
    `POST\n${path}\n\n${lines}\n${names.join(";")}\n${hash("sha256", body)}`,
  );
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${signer.credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

export interface PresignedPost extends Pick<
  UnsignedPost,
  "host" | "region" | "service"
> {
  readonly query: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly expires: number;
}

/** @returns the URL without its scheme, of a POST to `/` without a body; `now` in epoch milliseconds. */
export function presignPost(
  post: PresignedPost,
  environment: Environment,
  now: number,
): string {
  const { expires, host } = post;
  const signer = createSigner(post, environment, now);
  const parameters = {
    ...post.query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": signer.credential,
    "X-Amz-Date": signer.time,
    "X-Amz-Expires": String(expires),
    ...(signer.sessionToken && {
      "X-Amz-Security-Token": signer.sessionToken,
    }),
    "X-Amz-SignedHeaders": "host",
  };
  const signature = signer.sign(
    `POST\n/\n${queryOf(parameters)}\nhost:${host}\n\nhost\n${hash("sha256", "")}`,
  );
  return `${host}/?${queryOf({ ...parameters, "X-Amz-Signature": signature })}`;
}

const queryOf = (parameters: Readonly<Record<string, string>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .sort()
    .join("&");

interface Signer {
  readonly time: string;
  readonly credential: string;
  readonly sessionToken: string | undefined;
  /** Takes the canonical request. */
  readonly sign: (request: string) => string;
}

function createSigner(
  { region, service }: Pick<UnsignedPost, "region" | "service">,
  environment: Environment,
  now: number,
): Signer {
  const keyId = environment["AWS_ACCESS_KEY_ID"];
  const secret = environment["AWS_SECRET_ACCESS_KEY"];
  if (!keyId || !secret) throw new Unavailable("no credentials");
  const time = new Date(now).toISOString().replace(/[:-]|\.\d{3}/g, "");
  const scope = [time.slice(0, 8), region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const head = `AWS4-HMAC-SHA256\n${time}\n${scope.join("/")}\n`;
  return {
    time,
    credential: `${keyId}/${scope.join("/")}`,
    sessionToken: environment["AWS_SESSION_TOKEN"],
    sign: (request) =>
      hmac(key, head + hash("sha256", request)).toString("hex"),
  };
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
