// What an authorizer calls, on this machine and answering at once: DynamoDB with a table of a given size, Secrets Manager, and an
// issuer's keys over https. So a benchmark shows the authorizer's own cost, and no network's.
import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { createAuthority } from "../local/system/certificates.ts";
import { hashOf } from "./authorizer-gate.ts";

export interface Services {
  /** The AWS endpoint. */
  readonly aws: string;
  /** The URL of the issuer's keys. */
  readonly keys: string;
  /** In PEM: what a caller must trust. */
  readonly authority: string;
  readonly close: () => void;
}

export async function startServices(items: number): Promise<Services> {
  const table = new Map(
    Array.from({ length: items }, (_, index) => {
      const hash = hashOf(index);
      const caller = { S: `caller-${index}` };
      const Item = { hash: { S: hash }, consumer: { S: "consumer-0" }, caller };
      return [hash, JSON.stringify({ Item })];
    }),
  );
  const aws = createServer((request, response) => {
    void textOf(request).then((body) => response.end(answer(body, table)));
  });
  const authority = await createAuthority();
  const { certificate, key } = await authority.issue("localhost");
  const jwks = JSON.stringify({ keys: [publicKey()] });
  const issuer = createSecureServer({ cert: certificate, key }, (_, response) =>
    response.end(jwks),
  );
  const [awsPort, keysPort] = await Promise.all([listen(aws), listen(issuer)]);
  return {
    aws: `http://127.0.0.1:${awsPort}`,
    keys: `https://localhost:${keysPort}/keys`,
    authority: authority.certificate,
    close: () => {
      for (const server of [aws, issuer]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function answer(body: string, table: ReadonlyMap<string, string>): string {
  const request = JSON.parse(body) as { Key?: { hash?: { S?: string } } };
  if (request.Key === undefined)
    return JSON.stringify({ SecretString: "sk-bench" });
  return table.get(request.Key.hash?.S ?? "") ?? "{}";
}

function publicKey(): object {
  const { publicKey: key } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
  });
  return { ...key.export({ format: "jwk" }), kid: "bench", use: "sig" };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve((server.address() as AddressInfo).port),
    );
  });
}
