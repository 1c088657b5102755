// The few objects that several cluster tests make: pods of the probe and of the echo server.

import { ECHO_IMAGE, PROBE_IMAGE } from "./lab/images.ts";

/** A pod that sleeps, to run probes from; on a node of choice. */
export function toolPod(name: string, node?: string): unknown {
  return probePod(name, ["sleep", "3600"], { nodeName: node });
}

/** A pod of the probe image with more in its spec or its container, as a test wants. */
export function probePod(
  name: string,
  args: readonly string[],
  spec: Record<string, unknown> = {},
  container: Record<string, unknown> = {},
): unknown {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...spec,
      containers: [{ name: "main", image: PROBE_IMAGE, args, ...container }],
    },
  };
}

/**
 * The conformance suite's echo server, `replicas` of them behind a Service on port 8080. Told to end,
 * each serves on for `preStopSeconds`; unless stated it dies at once, with what is under way.
 */
export function echoService(name: string, replicas: number, preStopSeconds?: number): unknown[] {
  const labels = { app: name };
  const ending = preStopSeconds === undefined
    ? {}
    : { lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } } };
  const field = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 1 + (preStopSeconds ?? 0),
            topologySpreadConstraints: [{
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "DoNotSchedule",
              labelSelector: { matchLabels: labels },
            }],
            containers: [{
              name: "echo",
              image: ECHO_IMAGE,
              imagePullPolicy: "Never",
              ...ending,
              env: [
                { name: "POD_NAME", ...field("metadata.name") },
                { name: "NAMESPACE", ...field("metadata.namespace") },
              ],
              // A pod that answers late is not to be taken for one that is not ready.
              readinessProbe: {
                httpGet: { path: "/health", port: 3000 },
                periodSeconds: 1,
                timeoutSeconds: 20,
              },
              resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
            }],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { selector: labels, ports: [{ port: 8080, targetPort: 3000 }] },
    },
  ];
}
