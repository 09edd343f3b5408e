// Lambda: a function's settings in AWS's names.
import { asMap, present, type Properties, type Value } from "../values.ts";

/** Inputs that UpdateFunctionConfiguration takes, with AWS's names and what an absent one is set to. */
const FIELDS: Readonly<
  Record<
    string,
    { wire: string; convert?: (value: Value) => Value; absent: Value }
  >
> = {
  description: { wire: "Description", absent: "" },
  environment: {
    wire: "Environment",
    convert: (value) => ({ Variables: asMap(value)["variables"] ?? {} }),
    absent: { Variables: {} },
  },
  ephemeralStorage: {
    wire: "EphemeralStorage",
    convert: (value) => present({ Size: asMap(value)["size"] }),
    absent: { Size: 512 },
  },
  handler: { wire: "Handler", absent: "" },
  kmsKeyArn: { wire: "KMSKeyArn", absent: "" },
  layers: { wire: "Layers", absent: [] },
  loggingConfig: {
    wire: "LoggingConfig",
    convert: loggingConfig,
    absent: { LogFormat: "Text" },
  },
  memorySize: { wire: "MemorySize", absent: 128 },
  role: { wire: "Role", absent: "" },
  runtime: { wire: "Runtime", absent: "" },
  timeout: { wire: "Timeout", absent: 3 },
  tracingConfig: {
    wire: "TracingConfig",
    convert: (value) => present({ Mode: asMap(value)["mode"] }),
    absent: { Mode: "PassThrough" },
  },
};

function loggingConfig(value: Value): Value {
  const { applicationLogLevel, logFormat, logGroup, systemLogLevel } =
    asMap(value);
  return present({
    ApplicationLogLevel: applicationLogLevel,
    LogFormat: logFormat,
    LogGroup: logGroup,
    SystemLogLevel: systemLogLevel,
  });
}

/** The settings of those names as UpdateFunctionConfiguration and CreateFunction take them. */
export function configuration(
  inputs: Properties,
  names: readonly string[],
): Properties {
  const entries = names.flatMap((name): [string, Value][] => {
    const field = FIELDS[name];
    if (!field) return [];
    const value = inputs[name];
    return [
      [
        field.wire,
        value === undefined ? field.absent : (field.convert?.(value) ?? value),
      ],
    ];
  });
  return Object.fromEntries(entries);
}

export const SETTINGS: readonly string[] = Object.keys(FIELDS);
