// The engine's messages have strings of megabytes where a gate is large: the OpenAPI document, and a state with it. The protobuf library
// of the SDK encodes and decodes them a character at a time, twenty times slower than Node does; bytes are the same on the wire
// (protobuf, "Encoding": both are length-delimited).
import { BinaryReader, BinaryWriter } from "google-protobuf";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

BinaryReader.prototype.readString = function readString(): string {
  return decoder.decode(this.readBytes());
};

BinaryWriter.prototype.writeString = function writeString(
  field: number,
  value?: string,
): void {
  this.writeBytes(
    field,
    value === undefined ? undefined : encoder.encode(value),
  );
};
