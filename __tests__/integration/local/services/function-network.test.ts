import { startCloud, type Cloud } from "../../../../local/cloud/cloud.ts";
import { functionEnvironment } from "../../../../local/cloud/cloud-environment.ts";
import {
  startIssuer,
  type LocalIssuer,
} from "../../../../local/issuer/issuer.ts";
import { runCommand } from "../../../../local/system/processes.ts";

jest.setTimeout(60_000);

let cloud: Cloud;
let issuer: LocalIssuer;
beforeAll(async () => {
  cloud = await startCloud({
    engine: false,
    hosts: {
      "login.example.com": (request, response) =>
        issuer.answer(request, response),
    },
  });
  issuer = await startIssuer({ authority: cloud.authority });
});
afterAll(async () => {
  await issuer.stop();
  await cloud.stop();
});

/** What ministack does to a function before the function's own code runs. */
const ministacks = `require("node:https").request = () => { throw new Error("replaced"); };`;

async function run(code: string): Promise<string> {
  const { stdout, stderr } = await runCommand({
    file: process.execPath,
    arguments: ["-e", `${ministacks}\n${code}`],
    env: functionEnvironment(cloud.env),
    directory: cloud.directory,
  });
  return stdout + stderr;
}

const get = (request: string, target: string) => `
  ${request}(${target}, { agent: false }, (answer) => console.log(answer.statusCode))
    .on("error", (error) => console.log(error.message)).end();`;
const jwks = "/.well-known/jwks.json";

test.each([
  ["localhost", () => `https://localhost:${issuer.port}${jwks}`, "200\n"],
  ["a known name", () => `https://login.example.com${jwks}`, "200\n"],
])(
  "a function's https reaches %s with the cloud's certificate",
  async (_, url, expected) => {
    const target = JSON.stringify(url());
    expect(await run(get('require("node:https").request', target))).toBe(
      expected,
    );
    const { hostname, port, pathname } = new URL(url());
    const options = JSON.stringify({ hostname, port, path: pathname });
    expect(
      await run(
        `process.getBuiltinModule("node:https").request(${options}, (answer) => console.log(answer.statusCode)).end();`,
      ),
    ).toBe(expected);
    expect(
      await run(
        `import("node:https").then(({ request }) => {${get("request", `new URL(${target})`)}});`,
      ),
    ).toBe(expected);
    expect(
      await run(`fetch(${target}).then(({ status }) => console.log(status));`),
    ).toBe(expected);
  },
);

test.each(["unknown.example.com", "sts.eu-west-1.amazonaws.com"])(
  "a function reaches no server at %s, with whatever agent",
  async (host) => {
    const code = `const https = require("node:https");
      https.request("https://${host}/", { agent: new https.Agent({ keepAlive: true }) }, (answer) => console.log(answer.statusCode))
        .on("error", () => console.log("refused")).end();`;
    expect(await run(code)).toBe("refused\n");
    expect(cloud.proxy.refused()).toContain(`${host}:443`);
  },
);
