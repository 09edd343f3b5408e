import { drifted } from "../../../../local/provider/drift.ts";
import {
  create,
  HalfCreated,
  read,
  remove,
  update,
} from "../../../../local/provider/lifecycle.ts";
import {
  previewCreate,
  previewUpdate,
} from "../../../../local/provider/preview.ts";
import type { ResourceType } from "../../../../local/provider/resource.ts";
import { type Properties, UNKNOWN } from "../../../../local/provider/values.ts";
import { fakeCloud } from "../../../fixtures/provider-cloud.ts";

/** A type that writes down what is asked of it. */
function recorded(given: Partial<ResourceType> = {}) {
  const log: string[] = [];
  const type: ResourceType = {
    label: "Thing",
    inputs: {
      fixed: { replaces: true },
      name: { replaces: true },
      size: {},
      filled: { computed: true },
      secret: { unread: true },
      policy: { json: true },
      settings: {},
      tags: { free: true },
    },
    computed: ["arn"],
    alters: { size: ["etag"] },
    autoname: { property: "name", longest: 64 },
    create: (_cloud, inputs, created) => {
      log.push(`create ${JSON.stringify(inputs["size"])}`);
      created("id-1");
      return Promise.resolve();
    },
    read: () => Promise.resolve({ arn: "arn:1", size: 7 }),
    update: (_cloud, { changed }) => {
      log.push(`update ${[...changed].join(",")}`);
      return Promise.resolve(undefined);
    },
    delete: () => Promise.resolve(),
    tagging: {
      add: (_cloud, _state, tags) => {
        log.push(`tag ${JSON.stringify(tags)}`);
        return Promise.resolve();
      },
      remove: (_cloud, _state, keys) => {
        log.push(`untag ${keys.join(",")}`);
        return Promise.resolve();
      },
    },
    ...given,
  };
  return { log, type };
}

const cloud = fakeCloud(() => ({}));
const fail = () => Promise.reject(new Error("refused"));

describe("create", () => {
  test("answers AWS's values over the inputs", async () => {
    const { type } = recorded();
    const inputs = { name: "n", size: 5, secret: "s", tags: { a: "1" } };
    expect(await create(cloud, type, inputs)).toEqual({
      id: "id-1",
      inputs,
      outputs: { ...inputs, arn: "arn:1", size: 7, tagsAll: { a: "1" } },
    });
  });

  test("that made nothing is a plain error with a name", async () => {
    const { type } = recorded({ create: fail });
    const failure = await create(cloud, type, { name: "n" }).catch(
      (error: unknown) => error,
    );
    expect(failure).not.toBeInstanceOf(HalfCreated);
    expect(String(failure)).toBe("Error: creating Thing (n): refused");
  });

  test.each<[about: string, given: Partial<ResourceType>]>([
    [
      "fails after something exists",
      {
        create: (_cloud, _inputs, created) => {
          created("id-1");
          return fail();
        },
      },
    ],
    ["cannot be read", { read: fail }],
    ["is gone at once", { read: () => Promise.resolve(undefined) }],
  ])(
    "that %s keeps the id and forgets what may be missing",
    async (_about, given) => {
      const { type } = recorded(given);
      const inputs = { fixed: "f", name: "n", size: 5, __defaults: ["name"] };
      const failure = await create(cloud, type, inputs).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(HalfCreated);
      const { state } = failure as HalfCreated;
      const outputs = { fixed: "f", name: "n", __unfinished: true };
      expect(state).toEqual({ id: "id-1", inputs, outputs });
      const live = { size: 5, filled: "x" };
      const { type: healed } = recorded({ read: () => Promise.resolve(live) });
      expect(await read(cloud, healed, state)).toEqual({
        id: "id-1",
        inputs: { fixed: "f", name: "n", size: 5 },
        outputs: { fixed: "f", name: "n", ...live, tagsAll: {} },
      });
    },
  );
});

describe("update", () => {
  const updating = (oldInputs: Properties, inputs: Properties) => ({
    id: "id-1",
    old: { ...oldInputs, arn: "arn:1" },
    oldInputs,
    inputs,
  });

  test.each<[about: string, old: Properties, now: Properties, calls: string[]]>(
    [
      [
        "tags before the rest, removals first",
        { size: 1, tags: { a: "1", b: "1", c: "1" } },
        { size: 2, tags: { b: "2", c: "1", d: "1" } },
        ["untag a", 'tag {"b":"2","d":"1"}', "update size"],
      ],
      ["tags alone", { tags: {} }, { tags: { a: "1" } }, ['tag {"a":"1"}']],
      ["all tags gone", { tags: { a: "1" } }, {}, ["untag a"]],
      ["nothing", { size: 1 }, { size: 1 }, []],
    ],
  )("%s", async (_about, old, now, calls) => {
    const { log, type } = recorded();
    await update(cloud, type, updating(old, now));
    expect(log).toEqual(calls);
  });

  test("a failure is an error with a name", async () => {
    const { type } = recorded({ update: fail });
    const change = updating({ name: "n", size: 1 }, { name: "n", size: 2 });
    await expect(update(cloud, type, change)).rejects.toThrow(
      "updating Thing (n): refused",
    );
  });

  test("of a resource that is gone fails", async () => {
    const { type } = recorded({ read: () => Promise.resolve(undefined) });
    await expect(
      update(cloud, type, updating({ size: 1 }, { size: 2 })),
    ).rejects.toThrow(/it is gone/);
  });
});

describe("read and delete", () => {
  test("a resource that is gone has no state", async () => {
    const { type } = recorded({ read: () => Promise.resolve(undefined) });
    const state = { id: "id-1", inputs: {}, outputs: {} };
    expect(await read(cloud, type, state)).toBeUndefined();
  });

  test("errors say what was tried", async () => {
    const { type } = recorded({ read: fail, delete: fail });
    const state = { id: "id-1", inputs: {}, outputs: {} };
    await expect(read(cloud, type, state)).rejects.toThrow(
      "reading Thing: refused",
    );
    await expect(remove(cloud, type, "id-1", { name: "n" })).rejects.toThrow(
      "deleting Thing (n): refused",
    );
  });
});

describe("drift", () => {
  test.each<
    [about: string, given: Properties, live: Properties, inputs: Properties]
  >([
    ["a changed value", { size: 1 }, { size: 2 }, { size: 2 }],
    ["a value added by hand", {}, { size: 2 }, { size: 2 }],
    ["an empty value is none", {}, { size: 0, settings: {} }, {}],
    ["what AWS fills in is none", {}, { filled: "x" }, {}],
    [
      "what AWS fills in, once given",
      { filled: "x" },
      { filled: "y" },
      {
        filled: "y",
      },
    ],
    ["what AWS cannot tell", { secret: "s" }, { secret: "t" }, { secret: "s" }],
    [
      "the same policy in other words",
      { policy: '{"a":1,"b":2}' },
      { policy: '{"b":2,"a":1}' },
      { policy: '{"a":1,"b":2}' },
    ],
    [
      "settings that the program did not mention",
      { settings: { a: 1, deep: { x: 1 } } },
      { settings: { a: 2, b: 3, deep: { x: 1, y: 2 } } },
      { settings: { a: 2, deep: { x: 1 } } },
    ],
    [
      "tags added by hand",
      { tags: { a: "1" } },
      { tags: { a: "1", b: "2" } },
      { tags: { a: "1", b: "2" } },
    ],
  ])("%s", (_about, given, live, inputs) => {
    expect(drifted(recorded().type, given, live)).toEqual(inputs);
  });
});

describe("preview", () => {
  test("of a create: what AWS decides is unknown, the rest is not", () => {
    const inputs = { name: "n", size: UNKNOWN, tags: { a: "1" } };
    expect(previewCreate(recorded().type, inputs)).toEqual({
      ...inputs,
      arn: UNKNOWN,
      filled: UNKNOWN,
      tagsAll: { a: "1" },
    });
  });

  test("of an update: known outputs stay known, altered ones do not", () => {
    const old = { arn: "arn:1", etag: "e", size: 1 };
    const change = {
      id: "i",
      old,
      oldInputs: { size: 1 },
      inputs: { size: 2 },
    };
    expect(previewUpdate(recorded().type, change)).toEqual({
      arn: "arn:1",
      etag: UNKNOWN,
      size: 2,
      tagsAll: {},
    });
  });
});
