// The stand-in for the plugin `pulumi-resource-aws`: prints its port and serves until the engine is done with it.
import { setTimeout as wait } from "node:timers/promises";
import { startProvider, type RunningProvider } from "./server.ts";

// A test of an AWS that throttles for good would otherwise wait for two minutes.
const isHurried = process.env["AI_GATE_STAND_IN_WAITS"] === "none";
const provider = await startProvider({
  environment: process.env,
  wait: (milliseconds) => wait(isHurried ? 0 : milliseconds),
});
const parent = process.ppid;
// Ctrl-C reaches a whole process group, and the engine sends the same signal when it closes a plugin. In both cases the
// engine comes first: work under way is finished, and the plugin leaves when nobody is connected any more.
process.on("SIGINT", () => void leave(provider));
process.on("SIGTERM", () => provider.stop());
const orphaned = setInterval(() => {
  if (process.ppid !== parent) void leave(provider);
}, 1000);
orphaned.unref();
// Last, because whoever reads the port may send signals from then on.
process.stdout.write(`${provider.port}\n`);

async function leave(running: RunningProvider): Promise<void> {
  while (running.isBusy()) await wait(50);
  running.stop();
}
