// `npm run local`: the local cloud for hand use. Prints the environment that leads there, and runs until Ctrl-C or
// `npm run local -- stop` from another terminal.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readings } from "./apigateway/data/collaborators.ts";
import { cacheRoot } from "./system/cache.ts";
import { startCloud, type Cloud } from "./cloud/cloud.ts";
import { askToStop, listenForStop } from "./cloud/control.ts";
import { printedProgress } from "./system/progress.ts";

const place = join(cacheRoot(), "local");
const socket = join(place, "control");
const environmentFile = join(place, "environment.sh");
const githubToken = "ghs_local0123456789";

async function main(command: string | undefined): Promise<number> {
  await mkdir(place, { recursive: true, mode: 0o700 });
  if (command === "stop") {
    const stopped = await askToStop(socket);
    console.log(
      stopped ? "The local cloud has ended." : "No local cloud is running.",
    );
    return 0;
  }
  if (command !== undefined) {
    console.error("usage: npm run local [-- stop]");
    return 2;
  }
  return run();
}

async function run(): Promise<number> {
  const control = await listenForStop(socket);
  if (control === undefined) {
    console.error(
      "A local cloud is running already; end it with: npm run local -- stop",
    );
    return 1;
  }
  // Every wish to end becomes a SIGTERM: until the cloud is up it just ends this process, and all it started with it.
  const terminate = (): void => void process.kill(process.pid, "SIGTERM");
  control.asked.then(terminate, terminate);
  // scripts/bootstrap.mjs, which holds the other end of the channel, was killed.
  process.once("disconnect", terminate);
  try {
    const cloud = await startCloud({
      progress: printedProgress(),
      // Such as '{"pathValues":"requoted"}': see apigateway/data/collaborators.ts.
      readings: JSON.parse(
        process.env["AI_GATE_READINGS"] ?? "{}",
      ) as Partial<Readings>,
      github: {
        repository: "acme/app",
        pulls: [{ number: 1 }],
        tokens: {
          [githubToken]: {
            login: "github-actions[bot]",
            type: "Bot",
            permission: "write",
          },
        },
      },
    });
    try {
      const asked = askedToEnd();
      await introduce(cloud);
      await asked;
      console.error("ending the local cloud");
    } finally {
      await cloud.stop();
    }
  } finally {
    await control.close();
    // An open channel would keep this process, and with it bootstrap.mjs, alive.
    process.off("disconnect", terminate);
    if (process.connected) process.disconnect();
  }
  return 0;
}

function askedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.on(signal, () => resolve());
  });
}

async function introduce(cloud: Cloud): Promise<void> {
  const variables = {
    ...cloud.env,
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_TOKEN: githubToken,
  };
  const lines = [
    ...Object.entries(variables).map(
      ([name, value]) => `export ${name}='${value}'`,
    ),
    `export PATH='${dirname(process.execPath)}':"$PATH"`,
  ];
  const text = `${lines.join("\n")}\n`;
  await writeFile(environmentFile, text, { mode: 0o600 });
  console.log(text);
  console.log(`The local cloud is up. In another terminal:

  . ${environmentFile}
  curl https://api.openai.com/v1/models        # the mock AI service, under its real name
  curl "$AWS_ENDPOINT_URL/restapis"            # API Gateway's control plane
  node dist/index.js                           # the action, with its inputs as INPUT_… variables
  npm run local -- stop                        # ends it, as Ctrl-C does here`);
}

process.exitCode = await main(process.argv[2]);
