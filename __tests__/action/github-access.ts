// The stand-in GitHub as the action sees it, for tests that need real requests and answers.
import { getOctokit } from "@actions/github";
import { type Github, startGithub } from "../../local/github.ts";
import type { GithubAccess } from "../../src/action/github/github.ts";

export const tokens = {
  writer: "ghs_writer0123456789abcdefghijklmnopqrst",
  reader: "ghs_reader0123456789abcdefghijklmnopqrst",
  other: "ghs_other00123456789abcdefghijklmnopqrst",
  person: "ghp_person0123456789abcdefghijklmnopqrst",
};

export const startRepository = (
  more: Partial<Parameters<typeof startGithub>[0]> = {},
): Promise<Github> => {
  const bot = { login: "github-actions[bot]", type: "Bot" as const };
  return startGithub({
    repository: "acme/app",
    pulls: [{ number: 7 }],
    tokens: {
      [tokens.writer]: { ...bot, permission: "write" },
      [tokens.reader]: { ...bot, permission: "read" },
      [tokens.other]: { ...bot, permission: { contents: "read" } },
      [tokens.person]: { login: "ann", type: "User", permission: "write" },
    },
    ...more,
  });
};

export interface TestAccess extends GithubAccess {
  /** Seconds of every wait. */
  readonly slept: readonly number[];
}

export function accessTo(github: Github, token = tokens.writer): TestAccess {
  const slept: number[] = [];
  return {
    octokit: getOctokit(token, { baseUrl: github.apiUrl }),
    token,
    repository: { owner: "acme", repo: "app" },
    slept,
    retry: {
      sleep: (milliseconds) => {
        slept.push(milliseconds / 1000);
        return Promise.resolve();
      },
    },
  };
}
