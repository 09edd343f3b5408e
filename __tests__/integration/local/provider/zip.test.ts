import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { zip, zipOf } from "../../../../local/provider/archive.ts";
import {
  ARCHIVE,
  ASSET,
  type Properties,
  SIGNATURE,
} from "../../../../local/provider/values.ts";

const text = (content: string): Properties => ({
  [SIGNATURE]: ASSET,
  text: content,
});
const archive = (assets: Properties): Properties => ({
  [SIGNATURE]: ARCHIVE,
  assets,
});

/** Names and contents, in their order. */
const entries = (bytes: Buffer): [string, string][] =>
  Object.entries(unzipSync(bytes)).map(([name, data]) => [
    name,
    strFromU8(data),
  ]);

describe("the bytes of a ZIP", () => {
  const files: [string, Buffer][] = [
    ["b/two.txt", Buffer.from("2".repeat(5000))],
    ["a.txt", Buffer.from("1")],
    ["empty", Buffer.alloc(0)],
    ["ü.txt", Buffer.from("umlaut")],
  ];

  test("depend on names and contents only", () => {
    const bytes = zip(new Map(files));
    expect(zip(new Map(files.toReversed()))).toEqual(bytes);
    expect(entries(bytes).map(([name]) => name)).toEqual([
      "a.txt",
      "b/two.txt",
      "empty",
      "ü.txt",
    ]);
    const other = new Map(files).set("a.txt", Buffer.from("x"));
    expect(zip(other)).not.toEqual(bytes);
  });

  test("are what other tools read", async () => {
    const directory = await mkdtemp(path.join(tmpdir(), "zip-"));
    const file = path.join(directory, "code.zip");
    await writeFile(file, zip(new Map(files)));
    const script =
      "import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);assert z.testzip() is None;" +
      "[print(i.filename,i.date_time[0],oct(i.external_attr>>16),len(z.read(i))) for i in z.infolist()]";
    const listing = execFileSync("python3", ["-c", script, file]).toString();
    expect(listing.trim().split("\n")).toEqual([
      "a.txt 1980 0o100644 1",
      "b/two.txt 1980 0o100644 5000",
      "empty 1980 0o100644 0",
      "ü.txt 1980 0o100644 6",
    ]);
    await rm(directory, { recursive: true });
  });
});

describe("archives of a program", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "archive-"));
    await mkdir(path.join(directory, "code/lib"), { recursive: true });
    await writeFile(path.join(directory, "code/index.mjs"), "index");
    await writeFile(path.join(directory, "code/lib/a.mjs"), "a");
  });
  afterAll(() => rm(directory, { recursive: true }));

  test("assets, texts, files and directories in one", async () => {
    const bytes = await zipOf(
      archive({
        "z.txt": text("text"),
        "file.mjs": {
          [SIGNATURE]: ASSET,
          path: path.join(directory, "code/index.mjs"),
        },
        nested: {
          [SIGNATURE]: ARCHIVE,
          path: path.join(directory, "code"),
        },
      }),
    );
    expect(entries(bytes)).toEqual([
      ["file.mjs", "index"],
      ["nested/index.mjs", "index"],
      ["nested/lib/a.mjs", "a"],
      ["z.txt", "text"],
    ]);
  });

  test("a directory gives the same bytes whenever its files were written", async () => {
    const code = {
      [SIGNATURE]: ARCHIVE,
      path: path.join(directory, "code"),
    };
    const before = await zipOf(code);
    await utimes(path.join(directory, "code/index.mjs"), 1, 1);
    expect(await zipOf(code)).toEqual(before);
    expect(entries(before)).toEqual([
      ["index.mjs", "index"],
      ["lib/a.mjs", "a"],
    ]);
  });

  test("a ZIP file is taken as it is", async () => {
    const file = path.join(directory, "ready.zip");
    await writeFile(file, "as it is");
    const bytes = await zipOf({ [SIGNATURE]: ARCHIVE, path: file });
    expect(bytes.toString()).toBe("as it is");
  });

  test.each<[about: string, code: Properties | undefined, error: RegExp]>([
    ["nothing", undefined, /must be an archive/],
    ["an asset", text("x"), /must be an archive/],
    [
      "something remote",
      { [SIGNATURE]: ARCHIVE, uri: "https://example.com/x.zip" },
      /remote/,
    ],
    [
      "something remote inside",
      archive({ a: { [SIGNATURE]: ASSET, uri: "https://example.com" } }),
      /a: remote/,
    ],
    ["a map inside", archive({ a: { b: "c" } }), /neither an asset/],
    [
      "a file that is not there",
      { [SIGNATURE]: ARCHIVE, path: "/nowhere" },
      /ENOENT/,
    ],
  ])("%s is refused", async (_about, code, error) => {
    await expect(zipOf(code)).rejects.toThrow(error);
  });
});
