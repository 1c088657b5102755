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
  isSupportedVersion,
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

/**
 * "If implementations detect any Gateway API CRDs that either do not have this annotation set, or have
 * it set to a version that is not recognized or supported by the implementation, this condition MUST be
 * set to false." RAUTA serves as well as it can then, which leaves Accepted as it is.
 */
function supportedVersion(
  versions: readonly string[] | undefined,
): Omit<Condition, "type" | "observedGeneration"> {
  if (versions === undefined) {
    return {
      status: "Unknown",
      reason: Reason.pending,
      message: "the version of the Gateway API's CRDs has not been read",
    };
  }
  const strange = versions.filter((version) => !isSupportedVersion(version));
  if (strange.length > 0) {
    const names = strange.map((version) => version === "" ? "without a version" : version);
    return {
      status: "False",
      reason: Reason.unsupportedVersion,
      message: `the Gateway API's CRDs are ${names.join(", ")}; ${GATEWAY_API_VERSION} is ` +
        "supported, and what is there is served as well as it can be",
    };
  }
  return {
    status: "True",
    reason: Reason.supportedVersion,
    message: `Gateway API ${versions.join(", ")} is supported`,
  };
}

/** `crdVersions`: those that the cluster's CRDs state, `` for none; undefined: not read yet. */
export function gatewayClassStatus(
  gatewayClass: GatewayClass,
  crdVersions: readonly string[] | undefined,
): GatewayClassStatus {
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
    ...supportedVersion(crdVersions),
    observedGeneration,
  };
  return {
    conditions: [accepted, version],
    supportedFeatures: SUPPORTED_FEATURES.map((name) => ({ name })),
  };
}
