// The copies of a removed stack's state go, and nothing else of the backend does.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { removeBackups } from "../../../src/deploy/state-file.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const place = (backend: string) => ({
  backend,
  project: "acme.app",
  stack: "pr-1",
  region: "eu-west-1",
});

describe("in a directory", () => {
  let root: string;
  const { aws, asked } = fakeAws();
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "backups-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const put = (...names: string[]) => {
    for (const name of names) {
      const file = path.join(root, ".pulumi", name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, "{}");
    }
  };
  const left = () =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) =>
        path.relative(path.join(root, ".pulumi"), path.join(parentPath, name)),
      )
      .sort();

  test.each(["", "/"])("with %j at its end", async (end) => {
    const others = [
      "meta.yaml",
      "stacks/acme.app/pr-1.json",
      "stacks/acme.app/pr-11.json",
      "stacks/acme.app/pr-11.json.bak",
      "stacks/other.app/pr-1.json.bak",
      "backups/acme.app/pr-11/pr-11.1.json",
      "history/acme.app/pr-1/pr-1.history.json",
    ];
    put(
      ...others,
      "stacks/acme.app/pr-1.json.bak",
      "stacks/acme.app/pr-1.json.bak.attrs",
      "stacks/acme.app/pr-1.json.gz.bak",
      "backups/acme.app/pr-1/pr-1.1.json",
      "backups/acme.app/pr-1/pr-1.1.json.attrs",
      "backups/acme.app/pr-1/pr-1.2.json",
    );
    await removeBackups(place(`file://${root}${end}`), aws);
    expect(left()).toEqual(others.sort());
    expect(existsSync(path.join(root, ".pulumi/backups/acme.app/pr-1"))).toBe(
      false,
    );
    expect(asked).toEqual([]);
  });

  test("where there are none", async () => {
    expect(await removeBackups(place(`file://${root}`), aws)).toBe(0);
  });
});

test("in a bucket, below its prefix, and no object that is not there is deleted", async () => {
  const listing = (...keys: string[]) => ({
    body: `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
  });
  const stack = "team/.pulumi/stacks/acme.app/pr-1.json";
  const folder = "team/.pulumi/backups/acme.app/pr-1/";
  const listOf = (prefix: string) =>
    `s3 GET /states?list-type=2&prefix=${encodeURIComponent(prefix)}`;
  const { aws, asked } = fakeAws({
    [listOf(stack)]: [listing(stack, `${stack}.bak`), listing(stack)],
    [listOf(folder)]: [listing(`${folder}pr-1.1.json`), listing()],
  });
  const backend = "s3://states/team?region=eu-central-1";
  expect(await removeBackups(place(backend), aws)).toBe(2);
  expect(asked.filter((name) => name.startsWith("s3 DELETE"))).toEqual([
    `s3 DELETE /states/${stack}.bak`,
    `s3 DELETE /states/${folder}pr-1.1.json`,
  ]);
});

test.each(["gs://states", "https://api.pulumi.com"])(
  "%s is left alone",
  async (backend) => {
    const { aws, asked } = fakeAws();
    expect(await removeBackups(place(backend), aws)).toBe(0);
    expect(asked).toEqual([]);
  },
);
