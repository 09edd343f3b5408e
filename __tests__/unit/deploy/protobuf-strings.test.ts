import protobuf from "google-protobuf";

const { BinaryReader, BinaryWriter } = protobuf;

const texts = {
  nothing: "",
  "one character": "a",
  "several bytes a character": "é ✓ 漢 𝄞",
  "a byte order mark": "\u{FEFF}a",
  "a document": JSON.stringify({ paths: "é/{proxy+}".repeat(20_000) }),
};

function written(text: string | undefined): Uint8Array {
  const writer = new BinaryWriter();
  writer.writeString(7, text);
  writer.writeString(8, "after it");
  return writer.getResultBuffer();
}

function read(bytes: Uint8Array): string[] {
  const reader = new BinaryReader(bytes);
  const found: string[] = [];
  while (reader.nextField()) found.push(reader.readString());
  return found;
}

/** As the library itself has them. */
const expected = Object.values(texts).map(written);
const nothing = written(undefined);

test.each(Object.entries(texts))(
  "%s has the library's own bytes",
  async (what, text) => {
    await import("../../../src/deploy/protobuf-strings.ts");
    const bytes = written(text);
    expect(
      Buffer.compare(
        bytes,
        expected[Object.keys(texts).indexOf(what)] ?? Buffer.of(),
      ),
    ).toBe(0);
    expect(read(bytes)).toEqual([text, "after it"]);
  },
);

test("no string is no field", async () => {
  await import("../../../src/deploy/protobuf-strings.ts");
  expect(Buffer.compare(written(undefined), nothing)).toBe(0);
});

test("bytes that are no text are read as the library reads them: not refused", async () => {
  const bytes = Buffer.from([0x3a, 2, 0xff, 0x61]);
  await import("../../../src/deploy/protobuf-strings.ts");
  expect(read(bytes)).toEqual(["\u{FFFD}a"]);
});
