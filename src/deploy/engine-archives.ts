import { GateFailure } from "../gate/failure.ts";

export interface Archive {
  /** Its name, by which engine.lock.json and the release know it. */
  readonly archive: string;
  readonly url: string;
  /** The release in GitHub's API, which has a digest of each asset. */
  readonly release: string;
}

const platforms: Partial<Record<NodeJS.Platform, string>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
};

/** @throws GateFailure where Pulumi has no release for the machine */
export function archivesFor(
  machine: { readonly platform: NodeJS.Platform; readonly arch: string },
  versions: { readonly pulumi: string; readonly aws: string },
): { cli: Archive; plugin: Archive } {
  const { arch, platform } = machine;
  const name = platforms[platform];
  if (name === undefined || !["x64", "arm64"].includes(arch))
    throw new GateFailure(
      "engine",
      `Pulumi has no release for ${platform}-${arch}: use a Linux, macOS or Windows runner on x64 or arm64`,
    );
  const cli = `pulumi-v${versions.pulumi}-${name}-${arch}.${name === "windows" ? "zip" : "tar.gz"}`;
  const plugin = `pulumi-resource-aws-v${versions.aws}-${name}-${arch === "x64" ? "amd64" : arch}.tar.gz`;
  const releases = "https://get.pulumi.com/releases";
  const repositories = "https://api.github.com/repos/pulumi";
  return {
    cli: {
      archive: cli,
      url: `${releases}/sdk/${cli}`,
      release: `${repositories}/pulumi/releases/tags/v${versions.pulumi}`,
    },
    plugin: {
      archive: plugin,
      url: `${releases}/plugins/${plugin}`,
      release: `${repositories}/pulumi-aws/releases/tags/v${versions.aws}`,
    },
  };
}
