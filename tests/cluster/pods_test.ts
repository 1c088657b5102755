// Pods are the real thing: what the kubelet, containerd, runc, kube-proxy and CoreDNS promise holds.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { until } from "./lab/command.ts";
import { echoService, probePod, toolPod } from "./manifests.ts";
import { clusterTest, type Namespace, sharedCluster, withNamespace } from "./shared.ts";

/** Runs the probe in a pod and returns what it printed. */
async function probe(namespace: Namespace, pod: string, ...args: string[]): Promise<string> {
  return await namespace.kubectl("exec", pod, "--", "/probe", ...args);
}

async function podField(namespace: Namespace, pod: string, path: string): Promise<string> {
  return await namespace.kubectl("get", "pod", pod, `--output=jsonpath={${path}}`);
}

clusterTest("a Service's name and address lead to pods on every node", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "services", async (namespace) => {
    await namespace.apply(
      ...echoService("echo", 2),
      toolPod("tool1", "node1"),
      toolPod("tool2", "node2"),
    );
    await namespace.waitFor("condition=Available", "deployment/echo");
    await namespace.waitFor("condition=Ready", "pod/tool1", "pod/tool2");
    const nodes = await namespace.kubectl(
      ...["get", "pods", "--selector=app=echo", "--output=jsonpath={.items[*].spec.nodeName}"],
    );
    assertEquals(nodes.split(" ").sort(), ["node1", "node2"]);
    for (const tool of ["tool1", "tool2"]) {
      const answering = new Set<string>();
      await until(`both echo pods to answer ${tool}`, async () => {
        const answer = await probe(namespace, tool, "fetch", "http://echo.services:8080/");
        const { pod } = JSON.parse(answer.slice(answer.indexOf("\r\n\r\n"))) as { pod: string };
        answering.add(pod);
        return answering.size === 2 ? true : null;
      }, { timeoutMs: 240_000 });
    }
  });
});

clusterTest("a pod is Ready exactly while its readiness probe passes", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "readiness", async (namespace) => {
    const asking = (path: string) => ({
      readinessProbe: { httpGet: { path, port: 8080 }, periodSeconds: 1 },
    });
    await namespace.apply(
      probePod("good", ["serve", ":8080"], {}, asking("/healthz")),
      probePod("bad", ["serve", ":8080"], {}, asking("/status/500")),
    );
    await namespace.waitFor("condition=Ready", "pod/good");
    await namespace.waitFor("jsonpath={.status.phase}=Running", "pod/bad");
    const events = await until("the kubelet's word about the failing probe", async () => {
      const text = await namespace.kubectl("get", "events", "--field-selector=reason=Unhealthy");
      return text.includes("statuscode: 500") ? text : null;
    }, { timeoutMs: 240_000 });
    assert.match(events, /pod\/bad/);
    const ready = ".status.conditions[?(@.type=='Ready')].status";
    assertEquals(await podField(namespace, "bad", ready), "False");
  });
});

clusterTest("a container whose liveness probe fails is restarted", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "liveness", async (namespace) => {
    await namespace.apply(probePod("sick", ["serve", ":8080"], {}, {
      livenessProbe: {
        httpGet: { path: "/status/503", port: 8080 },
        periodSeconds: 1,
        failureThreshold: 1,
      },
    }));
    await namespace.waitFor("jsonpath={.status.containerStatuses[0].restartCount}=1", "pod/sick");
  });
});

clusterTest("configuration, secrets and scratch space are mounted; logs can be read", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "volumes", async (namespace) => {
    await namespace.apply(
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "words" },
        data: { a: "from-map\n" },
      },
      {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: "key" },
        stringData: { b: "hidden\n" },
      },
      probePod("reader", ["cat", "/map/a", "/secret/b"], {
        restartPolicy: "Never",
        volumes: [
          { name: "map", configMap: { name: "words" } },
          { name: "secret", secret: { secretName: "key" } },
          { name: "scratch", emptyDir: { medium: "Memory" } },
        ],
      }, {
        volumeMounts: [
          { name: "map", mountPath: "/map" },
          { name: "secret", mountPath: "/secret" },
          { name: "scratch", mountPath: "/scratch" },
        ],
      }),
    );
    await namespace.waitFor("jsonpath={.status.phase}=Succeeded", "pod/reader");
    assertEquals(await namespace.kubectl("logs", "reader"), "from-map\nhidden\n");
  });
});

/** The effective capabilities of the pod's first process, as the kernel's hexadecimal mask. */
async function effectiveCapabilities(namespace: Namespace, pod: string): Promise<string> {
  const status = await probe(namespace, pod, "cat", "/proc/1/status");
  return /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "";
}

clusterTest(
  "capabilities are what a pod asks for, and none for a user who is not root",
  async () => {
    const places = await sharedCluster();
    await withNamespace(places, "capabilities", async (namespace) => {
      const securityContext = {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
      };
      await namespace.apply(
        probePod("root", ["sleep", "3600"], {}, { securityContext }),
        probePod("user", ["sleep", "3600"], {}, {
          securityContext: { ...securityContext, runAsUser: 10_001 },
        }),
      );
      await namespace.waitFor("condition=Ready", "pod/root", "pod/user");
      assertEquals(await effectiveCapabilities(namespace, "root"), "0000000000000400");
      assertEquals(await effectiveCapabilities(namespace, "user"), "0000000000000000");
    });
  },
);

clusterTest("a pod that takes more memory than its limit is killed for it", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "memory", async (namespace) => {
    await namespace.apply(probePod("greedy", ["eat", "200"], { restartPolicy: "Never" }, {
      resources: { limits: { memory: "32Mi" } },
    }));
    const reason = ".status.containerStatuses[0].state.terminated.reason";
    await namespace.waitFor(`jsonpath={${reason}}=OOMKilled`, "pod/greedy");
  });
});

clusterTest("a DaemonSet in its hosts' networks answers on every node's address", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "daemons", async (namespace) => {
    const labels = { app: "agent" };
    const pod = probePod("agent", ["serve", ":9999"], { hostNetwork: true }, {
      readinessProbe: { httpGet: { path: "/healthz", port: 9999 }, periodSeconds: 1 },
    }) as { spec: unknown };
    await namespace.apply({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "agent" },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pod.spec },
      },
    }, toolPod("tool"));
    await namespace.kubectl("rollout", "status", "daemonset/agent", "--timeout=240s");
    await namespace.waitFor("condition=Ready", "pod/tool");
    for (const [node, address] of [["node1", "10.99.1.1"], ["node2", "10.99.1.2"]]) {
      const answer = await probe(namespace, "tool", "fetch", `http://${address}:9999/`);
      assert.match(answer, new RegExp(`^host ${node}$`, "m"));
    }
  });
});

clusterTest("an image that no node has is an error, not a pull from somewhere", async () => {
  const places = await sharedCluster();
  await withNamespace(places, "pulls", async (namespace) => {
    await namespace.apply(probePod("stranger", [], {}, {
      image: "rauta.test/unknown:1",
      imagePullPolicy: "Never",
    }));
    const reason = ".status.containerStatuses[0].state.waiting.reason";
    await namespace.waitFor(`jsonpath={${reason}}=ErrImageNeverPull`, "pod/stranger");
  });
});
