// The plugin as a process: its launcher, its port, and what signals do to it.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { credentials, makeGenericClientConstructor } from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { Message } from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import { writePluginLauncher } from "../../../../local/provider/launcher.ts";
import { message, PROVIDER_SERVICE } from "../../../../local/provider/wire.ts";

const Client = makeGenericClientConstructor(PROVIDER_SERVICE, "provider");

interface Plugin {
  readonly child: ChildProcess;
  readonly exit: Promise<unknown>;
  readonly call: (name: string, request: Message) => Promise<unknown>;
  readonly close: () => void;
}

let directory = "";
const started: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "it's a plugin "));
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await rm(directory, { recursive: true });
});

async function startPlugin(endpoint = "http://127.0.0.1:1"): Promise<Plugin> {
  const file = await writePluginLauncher(directory, process.execPath);
  const child = spawn(file, ["127.0.0.1:1"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      AWS_REGION: "us-east-1",
    },
  });
  started.push(child);
  const exit = once(child, "exit");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const address = `127.0.0.1:${line.toString().trim()}`;
  const client = new Client(address, credentials.createInsecure());
  const call = (name: string, request: Message): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const method = client[name] as unknown as (
        request: Message,
        done: (error: Error | null, answer: Message) => void,
      ) => void;
      method.call(client, request, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  return { child, exit, call, close: () => client.close() };
}

test("the launcher's plugin says its version", async () => {
  const { child, exit, call, close } = await startPlugin();
  const info = await call("GetPluginInfo", new empty.Empty());
  expect((info as plugin.PluginInfo).getVersion()).toBe("7.48.0");
  close();
  child.kill("SIGTERM");
  expect(await exit).toEqual([0, null]);
}, 30_000);

test("methods that it does not have are refused as such", async () => {
  const { child, call, close } = await startPlugin();
  const request = new provider.CreateRequest().setUrn("urn:x");
  await expect(call("Create", request)).rejects.toThrow(/does not know/);
  await expect(call("Check", new provider.CheckRequest())).rejects.toThrow(
    /not configured/,
  );
  close();
  child.kill("SIGTERM");
}, 30_000);

test("an interrupt does not end it while an engine is connected", async () => {
  const { child, exit, call, close } = await startPlugin();
  await call("GetPluginInfo", new empty.Empty());
  child.kill("SIGINT");
  await call("Cancel", new empty.Empty());
  child.kill("SIGINT");
  const info = await call("GetPluginInfo", new empty.Empty());
  expect((info as plugin.PluginInfo).getVersion()).toBe("7.48.0");
  close();
  expect(await exit).toEqual([0, null]);
}, 30_000);

test("a call under way is finished after an interrupt and a cancel", async () => {
  const slow = await slowCloud();
  const { child, exit, call, close } = await startPlugin(slow.url);
  const request = new provider.ConfigureRequest().setArgs(message({}));
  const configured = call("Configure", request);
  await slow.asked;
  child.kill("SIGINT");
  await call("Cancel", new empty.Empty());
  slow.answer();
  const answer = (await configured) as provider.ConfigureResponse;
  expect(answer.getSupportspreview()).toBe(true);
  close();
  expect(await exit).toEqual([0, null]);
  slow.server.close();
}, 30_000);

test("an idle plugin leaves at an interrupt", async () => {
  const { child, exit } = await startPlugin();
  child.kill("SIGINT");
  expect(await exit).toEqual([0, null]);
}, 30_000);

/** Answers GetCallerIdentity on request. */
async function slowCloud(): Promise<{
  server: Server;
  url: string;
  asked: Promise<void>;
  answer: () => void;
}> {
  let answer = (): void => undefined;
  let wasAsked = (): void => undefined;
  const asked = new Promise<void>((resolve) => (wasAsked = resolve));
  const server = createServer((_request, response) => {
    answer = () => response.end("<R><Account>1</Account></R>");
    wasAsked();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return { server, url, asked, answer: () => answer() };
}
