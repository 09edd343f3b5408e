// Lambda's answer to GetFunction as the outputs of a function resource.
import type { Cloud } from "../aws/cloud.ts";
import {
  asMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";

/** `CodeSha256` is base64, as `sourceCodeHash` is. */
export function functionOutputs(cloud: Cloud, answer: Properties): Properties {
  const found = mapOf(answer, "Configuration");
  const arn = textOf(found, "FunctionArn");
  const qualifiedArn = `${arn}:${textOf(found, "Version") || "$LATEST"}`;
  return {
    ...settings(found),
    ...nested(found),
    architectures:
      listOf(found, "Architectures").length > 0
        ? listOf(found, "Architectures")
        : ["x86_64"],
    arn,
    codeSha256: textOf(found, "CodeSha256"),
    invokeArn: invokeArn(cloud, arn),
    lastModified: textOf(found, "LastModified"),
    qualifiedArn,
    qualifiedInvokeArn: invokeArn(cloud, qualifiedArn),
    responseStreamingInvokeArn: invokeArn(cloud, arn)
      .replace("2015-03-31", "2021-11-15")
      .replace(/\/invocations$/, "/response-streaming-invocations"),
    reservedConcurrentExecutions:
      mapOf(answer, "Concurrency")["ReservedConcurrentExecutions"] ?? -1,
    sourceCodeHash: textOf(found, "CodeSha256"),
    sourceCodeSize: found["CodeSize"] ?? 0,
    tags: mapOf(answer, "Tags"),
    version: textOf(found, "Version") || "$LATEST",
  };
}

function settings(found: Properties): Properties {
  return present({
    description: textOf(found, "Description"),
    handler: textOf(found, "Handler"),
    kmsKeyArn: textOf(found, "KMSKeyArn"),
    memorySize: found["MemorySize"],
    name: textOf(found, "FunctionName"),
    packageType: found["PackageType"],
    role: textOf(found, "Role"),
    runtime: textOf(found, "Runtime"),
    timeout: found["Timeout"],
  });
}

function nested(found: Properties): Properties {
  const variables = mapOf(mapOf(found, "Environment"), "Variables");
  const logging = mapOf(found, "LoggingConfig");
  const loggingConfig = present({
    applicationLogLevel: logging["ApplicationLogLevel"],
    logFormat: logging["LogFormat"],
    logGroup: logging["LogGroup"],
    systemLogLevel: logging["SystemLogLevel"],
  });
  const layers = listOf(found, "Layers").map((layer): Value =>
    textOf(asMap(layer), "Arn"),
  );
  return present({
    environment: Object.keys(variables).length > 0 ? { variables } : {},
    ephemeralStorage: present({
      size: mapOf(found, "EphemeralStorage")["Size"],
    }),
    layers,
    loggingConfig,
    tracingConfig: present({ mode: mapOf(found, "TracingConfig")["Mode"] }),
  });
}

function invokeArn(cloud: Cloud, arn: string): string {
  return `arn:${cloud.partition}:apigateway:${cloud.region}:lambda:path/2015-03-31/functions/${arn}/invocations`;
}
