// The place of the state and its passphrase against services that keep what they are given.
import { createAws, callerAccount } from "../../../src/deploy/aws.ts";
import { prepareBackend } from "../../../src/deploy/backend.ts";
import {
  startMinistack,
  type Ministack,
} from "../../../local/ministack/ministack.ts";
import { silentProgress } from "../../../local/system/progress.ts";

const region = "eu-west-1";
let ministack: Ministack;

beforeAll(async () => {
  ministack = await startMinistack({ progress: silentProgress, region });
  process.env["AWS_ENDPOINT_URL"] = ministack.url;
}, 120_000);
afterAll(() => ministack.stop());

test("bucket and passphrase are made once, and found again", async () => {
  const aws = createAws({
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_ENDPOINT_URL: ministack.url,
  });
  const request = {
    input: "",
    environment: { AWS_ENDPOINT_URL: ministack.url },
    workspace: "/",
    region,
    account: await callerAccount(aws, region),
    mask: () => undefined,
  };
  const look = { ...request, mayCreate: false };
  expect(await prepareBackend(aws, look)).toMatchObject({ exists: false });
  const made = await prepareBackend(aws, { ...request, mayCreate: true });
  const { keepPassphrase, ...kept } = made;
  expect(kept.environment["PULUMI_CONFIG_PASSPHRASE"]).toMatch(/^[\w-]{43}$/);
  await keepPassphrase?.();
  expect(await prepareBackend(aws, { ...request, mayCreate: true })).toEqual(
    kept,
  );
  expect(await prepareBackend(aws, look)).toEqual(kept);
});
