// GatewayClass: which classes are ours, and their status.
// Takes one class; says whether Gateways of it are served. Never looks at other objects.

import {
  type Condition,
  ConditionType,
  GatewayClassReason as Reason,
} from "../../gatewayapi/conditions.ts";
import type { GatewayClass } from "../../gatewayapi/kinds.ts";
import { generationOf, nameOf } from "../../gatewayapi/references.ts";
import {
  CONTROLLER_NAME,
  GATEWAY_API_VERSION,
  SUPPORTED_FEATURES,
} from "../../gatewayapi/supported_features.ts";
import type { GatewayClassStatus } from "./statuses.ts";

/** A class is ours by its controllerName and, where `only` is given, by its name as well. */
export function isOurClass(gatewayClass: GatewayClass, only: string | undefined): boolean {
  return gatewayClass.spec.controllerName === CONTROLLER_NAME &&
    (only === undefined || nameOf(gatewayClass) === only);
}

/** RAUTA reads no parameters, so a parametersRef "refers to an unsupported resource or kind". */
export function isClassAccepted(gatewayClass: GatewayClass): boolean {
  return gatewayClass.spec.parametersRef === undefined;
}

export function gatewayClassStatus(gatewayClass: GatewayClass): GatewayClassStatus {
  const observedGeneration = generationOf(gatewayClass);
  const parameters = gatewayClass.spec.parametersRef;
  const accepted: Condition = parameters === undefined
    ? {
      type: ConditionType.accepted,
      status: "True",
      reason: Reason.accepted,
      message: "Gateways of this class are served by RAUTA",
      observedGeneration,
    }
    : {
      type: ConditionType.accepted,
      status: "False",
      reason: Reason.invalidParameters,
      message: `spec.parametersRef names ${parameters.kind} ${parameters.name}, ` +
        "but RAUTA takes no parameters: remove parametersRef",
      observedGeneration,
    };
  const version: Condition = {
    type: ConditionType.supportedVersion,
    status: "True",
    reason: Reason.supportedVersion,
    message: `Gateway API ${GATEWAY_API_VERSION} is supported`,
    observedGeneration,
  };
  return {
    conditions: [accepted, version],
    supportedFeatures: SUPPORTED_FEATURES.map((name) => ({ name })),
  };
}
