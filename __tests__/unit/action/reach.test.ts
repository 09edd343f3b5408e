// Where the proof asks a gate with a domain, before and after its DNS record is there.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { findWay } from "../../../src/action/stack/reach.ts";
import type { Gate } from "../../../src/gate/gate.ts";
import type { Urls } from "../../../src/report/run-result.ts";
import { gate } from "../../fixtures/program-run.ts";

const marker = "0123456789abcdef";
const stageUrl = "https://abc.execute-api.eu-west-1.amazonaws.com/v1";
const dns = { name: "d-1.execute-api.eu-west-1.amazonaws.com", zoneId: "Z1" };

/** Plays the domain, and API Gateway's `GetDomainName`. */
let server: Server;
let url: string;
let isUp: boolean;
/** AWS's answer; undefined: it is refused. */
let target: string | undefined;
let calls: string[];
const surroundings = process.env;

beforeEach(async () => {
  calls = [];
  isUp = false;
  target = undefined;
  server = createServer((request, response) => {
    calls.push(`${request.method ?? ""} ${request.url ?? ""}`);
    if (request.url?.startsWith("/domainnames/")) {
      response
        .writeHead(target === undefined ? 403 : 200, {
          "content-type": "application/json",
        })
        .end(
          JSON.stringify({
            regionalDomainName: target,
            regionalHostedZoneId: "Z9",
          }),
        );
      return;
    }
    if (isUp) response.setHeader("x-ai-gate-error", `UNAUTHORIZED ${marker}`);
    response.writeHead(isUp ? 401 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env = { ...surroundings, AWS_ENDPOINT_URL: url };
});
afterEach(async () => {
  process.env = { ...surroundings };
  await new Promise((resolve) => server.close(resolve));
});

const find = (domain: Gate["domain"], named: Urls["domain"]) =>
  findWay(
    { ...gate, ...(domain && { domain }) },
    {
      ...{ baseUrl: `${url}/ai`, invokeUrl: `${url}/ai/chat`, apiId: "abc" },
      ...{ stageName: "v1", region: "eu-west-1" },
      ...(named && { domain: named }),
    },
    {
      environment: {
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
      },
      marker,
      now: Date.now,
      sleep: () => Promise.resolve(),
    },
  );

const open = {
  name: "ai.example.com",
  basePath: "ai",
  defaultEndpoint: true,
};
const shut = { ...open, defaultEndpoint: false };
const named = { name: open.name, stageUrl };
const words = ({ domain }: Awaited<ReturnType<typeof find>>) =>
  domain.map(({ id, message, status }) => `${id} ${status} ${message}`);

test("without a domain its URL is asked, and nothing else", async () => {
  expect(await find(undefined, undefined)).toEqual({
    baseUrl: `${url}/ai`,
    domain: [],
  });
  expect(calls).toEqual([]);
});

test("the default endpoint is asked where it is on, whatever the domain does", async () => {
  const way = await find(open, { ...named, dns });
  expect(way).toMatchObject({ baseUrl: stageUrl });
  expect(way).not.toHaveProperty("host");
  expect(words(way)).toEqual([
    `domain warning Something else than this gate answers there: lead ai.example.com to ${dns.name} (a CNAME, or in Route 53 an alias with the hosted zone Z1)`,
  ]);
});

test("without it the regional host name is asked by the domain's name, so that no DNS record is needed", async () => {
  const way = await find(shut, { ...named, dns });
  expect(way).toMatchObject({
    baseUrl: `https://${dns.name}/ai`,
    host: "ai.example.com",
    domain: [{ id: "domain", status: "warning" }],
  });
});

test("of a domain name that is there already AWS tells the host name", async () => {
  target = "d-9.execute-api.eu-west-1.amazonaws.com";
  const way = await find(shut, named);
  expect(calls).toContain("GET /domainnames/ai.example.com");
  expect(way).toMatchObject({ baseUrl: `https://${target}/ai` });
  expect(words(way)[0]).toContain(`lead ai.example.com to ${target}`);
});

test("where AWS does not tell it, the domain itself is asked once it answers", async () => {
  isUp = true;
  expect(await find(shut, named)).toMatchObject({
    baseUrl: `${url}/ai`,
    domain: [{ id: "domain", status: "passed" }],
  });
});

test("and as long as it does not, nothing can be asked", async () => {
  const way = await find(shut, named);
  expect(way.baseUrl).toBeUndefined();
  expect(words(way)).toEqual([
    "proof not-made Nothing was proved: the default endpoint is off, and lead ai.example.com to the domain name's regional host name (`aws apigateway get-domain-name --domain-name ai.example.com --query regionalDomainName`); then run `up` again",
  ]);
});

test("a host name that AWS need not tell is not asked for", async () => {
  await find(open, named);
  expect(calls.some((call) => call.includes("domainnames"))).toBe(false);
});
