// The stand-in for the plugin `pulumi-language-nodejs`, which the Go modules that the engine is built from do not have. It starts
// a policy pack as the real one does: with the `node` of PATH, by the pack's own SDK, in the pack's directory. Unlike the real one it
// does not tell the pack the names of project and stack.
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  type ServerWritableStream,
  status,
} from "@grpc/grpc-js";
import type { Message } from "google-protobuf";
import services from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages, {
  type RunPluginRequest,
  type RunPluginResponse,
} from "@pulumi/pulumi/proto/language_pb.js";
import plugins from "@pulumi/pulumi/proto/plugin_pb.js";

type Run = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

const children = new Set<ChildProcess>();

function runPlugin(call: Run): void {
  const request = call.request;
  const directory = request.getInfo()?.getProgramDirectory() ?? "";
  let program: string;
  try {
    program = createRequire(path.join(directory, "index.js")).resolve(
      "@pulumi/pulumi/cmd/run-policy-pack",
    );
  } catch {
    const details = `It looks like the Pulumi SDK has not been installed. Have you run npm install in ${directory}?`;
    call.emit("error", { code: status.UNKNOWN, details });
    return;
  }
  const child = spawn("node", [program, ...request.getArgsList(), directory], {
    cwd: directory,
    env: Object.fromEntries(
      request.getEnvList().map((line) => splitOnce(line, "=")),
    ),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  const write = (fill: (answer: RunPluginResponse) => void): void => {
    const answer = new messages.RunPluginResponse();
    fill(answer);
    call.write(answer);
  };
  child.stdout.on("data", (bytes: Buffer) =>
    write((answer) => answer.setStdout(bytes)),
  );
  child.stderr.on("data", (bytes: Buffer) =>
    write((answer) => answer.setStderr(bytes)),
  );
  child.on("error", ({ message }) =>
    call.emit("error", { code: status.UNKNOWN, details: message }),
  );
  child.on("close", (code) => {
    children.delete(child);
    write((answer) => answer.setExitcode(code ?? 1));
    call.end();
  });
  call.on("cancelled", () => child.kill());
}

const splitOnce = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark);
  return [text.slice(0, at), text.slice(at + mark.length)];
};

const server = new Server();
server.addService(services.LanguageRuntimeService, {
  getPluginInfo: (
    _call: ServerUnaryCall<Message, Message>,
    callback: sendUnaryData<Message>,
  ) => callback(null, new plugins.PluginInfo()),
  runPlugin,
});
const leave = (): void => {
  for (const child of children) child.kill();
  server.forceShutdown();
};
process.on("SIGINT", leave);
process.on("SIGTERM", leave);
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) leave();
}, 1000).unref();
server.bindAsync(
  "127.0.0.1:0",
  ServerCredentials.createInsecure(),
  (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  },
);
