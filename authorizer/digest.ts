// SHA-256, the one digest here: of tokens to find them, of requests to sign them.
import { createHash } from "node:crypto";

export const sha256 = (text: string): Buffer =>
  createHash("sha256").update(text).digest();

export const sha256Hex = (text: string): string => sha256(text).toString("hex");
