// AWS Signature Version 4 for a POST without a query; a package would be a quarter of the bundle, and tests compare with one.
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
  const { host, path, region, service, body } = post;
  const keyId = environment["AWS_ACCESS_KEY_ID"];
  const secret = environment["AWS_SECRET_ACCESS_KEY"];
  if (!keyId || !secret) throw new Unavailable("no credentials");
  const sessionToken = environment["AWS_SESSION_TOKEN"];
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
  const request = `POST\n${path}\n\n${lines}\n${names.join(";")}\n${hash("sha256", body)}`;
  const scope = [day, region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope.join("/")}\n${hash("sha256", request)}`;
  const signature = hmac(key, text).toString("hex");
  const credential = `${keyId}/${scope.join("/")}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
}

const hmac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();
