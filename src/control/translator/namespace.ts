// Namespaces: their labels, and which of them a listener's allowedRoutes admits.

import type { Namespace } from "../../gatewayapi/kinds.ts";
import { type LabelSelector, selectsLabels } from "../../gatewayapi/label_selector.ts";

export interface AllowedNamespaces {
  readonly from: string;
  readonly selector?: LabelSelector;
}

/**
 * The labels of a namespace, known or not. The API server puts `kubernetes.io/metadata.name` on every
 * namespace; files get the same, whether they declare the namespace or only name it.
 */
function labelsOf(name: string, namespace: Namespace | undefined): Record<string, string> {
  return { "kubernetes.io/metadata.name": name, ...namespace?.metadata?.labels };
}

/** `namespaceObject` is asked for only where a selector needs it. */
export function admitsNamespace(
  allowed: AllowedNamespaces,
  gatewayNamespace: string,
  routeNamespace: string,
  namespaceObject: () => Namespace | undefined,
): boolean {
  switch (allowed.from) {
    case "All":
      return true;
    case "Same":
      return gatewayNamespace === routeNamespace;
    case "Selector":
      return selectsLabels(allowed.selector, labelsOf(routeNamespace, namespaceObject()));
    default:
      return false;
  }
}
