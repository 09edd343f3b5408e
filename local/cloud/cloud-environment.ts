// The environment variables that lead a process to the local cloud and nowhere else.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheRoot } from "../system/cache.ts";
import type { Authority } from "../system/certificates.ts";
import type { Proxy } from "./proxy.ts";

/** For HTTPS by real names: curl, Node (24.5 and newer), Python and Go all heed these. `trust` is what `trustEnvironment` gave. */
export function proxyEnvironment(
  proxy: Proxy,
  trust: Readonly<Record<string, string>>,
): Record<string, string> {
  const direct = "127.0.0.1,localhost";
  return {
    HTTPS_PROXY: proxy.url,
    https_proxy: proxy.url,
    HTTP_PROXY: proxy.url,
    // curl heeds only the lower-case form of this one.
    http_proxy: proxy.url,
    NO_PROXY: direct,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: "1",
    ...trust,
  };
}

/** Makes a process trust the authority, whose certificate is written to a file in the directory. */
export async function trustEnvironment(
  authority: Authority,
  directory: string,
): Promise<Record<string, string>> {
  const certificate = join(directory, "certificate.pem");
  await writeFile(certificate, authority.certificate);
  return {
    NODE_EXTRA_CA_CERTS: certificate,
    SSL_CERT_FILE: certificate,
    CURL_CA_BUNDLE: certificate,
    REQUESTS_CA_BUNDLE: certificate,
  };
}

/** What functions need to get nowhere else either: the same, and a module that holds Node's HTTPS to it. */
export function functionEnvironment(
  proxied: Readonly<Record<string, string>>,
): Record<string, string> {
  const network = join(import.meta.dirname, "function-network.cjs");
  return { ...proxied, NODE_OPTIONS: `--require ${JSON.stringify(network)}` };
}

/** Node keeps compiled code there: the bundle and the stand-in plugin are started hundreds of times by the tests. */
export const startEnvironment = (): Record<string, string> => ({
  NODE_COMPILE_CACHE: join(cacheRoot(), "node-compile"),
});

/** For the AWS SDKs and the engine's plugin: one endpoint, static keys. */
export function awsEnvironment(
  endpoint: string,
  region: string,
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: "local-access-key",
    AWS_SECRET_ACCESS_KEY: "local-secret-key",
    AWS_EC2_METADATA_DISABLED: "true",
  };
}
