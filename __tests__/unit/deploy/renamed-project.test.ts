// Which states are read for a repository that was renamed. With the real engine: e2e/state.
import { findRenamedProject } from "../../../src/deploy/renamed-project.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const owner = "111122223333";
const listing =
  "s3 GET /states?delimiter=%2F&list-type=2&prefix=.pulumi%2Fstacks%2F";
const folders = (...projects: string[]) => ({
  body: `<R>${projects.map((one) => `<CommonPrefixes><Prefix>.pulumi/stacks/${one}/</Prefix></CommonPrefixes>`).join("")}</R>`,
});
const state = (repositoryId: string | undefined) => ({
  body: JSON.stringify({
    checkpoint: {
      latest: {
        resources:
          repositoryId === undefined
            ? []
            : [{ type: "pulumi:pulumi:Stack", outputs: { repositoryId } }],
      },
    },
  }),
});
const fileOf = (project: string) =>
  `s3 GET /states/.pulumi/stacks/${project}/prod.json`;

const find = (
  replies: Parameters<typeof fakeAws>[0],
  known: { owner?: string } = {},
  backend = "s3://states",
) => {
  const fake = fakeAws(replies);
  const place = { project: "new", stack: "prod", region: "eu-west-1" };
  const found = findRenamedProject(
    { ...place, ...known, backend },
    "77",
    fake.aws,
  );
  return { ...fake, found };
};

const absent = { status: 404, errorCode: "NoSuchKey" };

test.each<[string, string | undefined, Parameters<typeof fakeAws>[0]]>([
  ["the same repository's", "old", { [fileOf("old")]: state("77") }],
  ["another repository's", undefined, { [fileOf("old")]: state("78") }],
  ["a destroyed one's", undefined, { [fileOf("old")]: state(undefined) }],
  ["one without a stack of the name", undefined, { [fileOf("old")]: absent }],
  [
    "one that may not be read",
    undefined,
    { [fileOf("old")]: { status: 403, errorCode: "AccessDenied" } },
  ],
  ["one that is no state", undefined, { [fileOf("old")]: { body: "{" } }],
])("%s state", async (_, expected, replies) => {
  const { asked, found } = find({
    [listing]: folders("new", "old"),
    ...replies,
  });
  expect(await found).toBe(expected);
  expect(asked).toEqual([listing, fileOf("old")]);
});

test("a state that cannot be read hides no other", async () => {
  const { found } = find({
    [listing]: folders("broken", "old", "others"),
    [fileOf("broken")]: { body: "{" },
    [fileOf("old")]: state("77"),
    [fileOf("others")]: { status: 403, errorCode: "AccessDenied" },
  });
  expect(await found).toBe("old");
});

test.each([
  [owner, { owner }],
  [undefined, {}],
])("the bucket must be of %s", async (expected, known) => {
  const { found, requests } = find(
    { [listing]: folders("old"), [fileOf("old")]: state("77") },
    known,
  );
  expect(await found).toBe("old");
  const owners = requests.map(
    ({ headers }) => headers["x-amz-expected-bucket-owner"],
  );
  expect(owners).toEqual([expected, expected]);
});

test("a bucket of a service that speaks S3 is looked into there", async () => {
  const { found, requests } = find(
    { [listing]: folders("old"), [fileOf("old")]: state("77") },
    {},
    "s3://states?endpoint=storage.example.com&s3ForcePathStyle=true",
  );
  expect(await found).toBe("old");
  const hosts = requests.map(({ headers }) => headers["host"]);
  expect(hosts).toEqual(["storage.example.com", "storage.example.com"]);
});

test.each(["", "https://api.pulumi.com", "azblob://states"])(
  "%p is not looked into",
  async (backend) => {
    const { asked, found } = find({}, {}, backend);
    expect(await found).toBeUndefined();
    expect(asked).toEqual([]);
  },
);
