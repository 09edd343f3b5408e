// The shape that tutorials have: a resource, a method and an integration of API Gateway for each route, each a resource of the program.
// What both shapes share (function, role, log group, settings of the stage) is left out.
import { Deployment } from "@pulumi/aws/apigateway/deployment.js";
import { Integration } from "@pulumi/aws/apigateway/integration.js";
import { Method } from "@pulumi/aws/apigateway/method.js";
import { Resource } from "@pulumi/aws/apigateway/resource.js";
import { RestApi } from "@pulumi/aws/apigateway/restApi.js";
import { Stage } from "@pulumi/aws/apigateway/stage.js";

export const discreteProgram = (routes: number) => (): Promise<void> => {
  const api = new RestApi("api", {
    name: "discrete",
    endpointConfiguration: { types: "REGIONAL" },
  });
  const integrations = Array.from({ length: routes }, (_, at) => {
    const resource = new Resource(`route-${at}`, {
      restApi: api.id,
      parentId: api.rootResourceId,
      pathPart: `r${at}`,
    });
    const method = new Method(`method-${at}`, {
      restApi: api.id,
      resourceId: resource.id,
      httpMethod: "POST",
      authorization: "NONE",
    });
    return new Integration(`integration-${at}`, {
      restApi: api.id,
      resourceId: resource.id,
      httpMethod: method.httpMethod,
      type: "HTTP_PROXY",
      integrationHttpMethod: "POST",
      uri: `https://api.example.com/v1/r${at}`,
    });
  });
  const deployment = new Deployment(
    "deployment",
    { restApi: api.id },
    { dependsOn: integrations },
  );
  new Stage("stage", {
    restApi: api.id,
    deployment: deployment.id,
    stageName: "v1",
  });
  return Promise.resolve();
};
