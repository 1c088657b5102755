// The programs that the test cluster is made of, and from which sources each is built.
// Data only: building is go_build.ts.

import { CHECKOUT, VERSIONS } from "./settings.ts";

/** One `go build`, `go test -c` or `go install` whose outputs land together in one folder. */
export interface Artifact {
  readonly name: string;
  /** Folder of the Go module; null for a program installed at a pinned version. */
  readonly moduleFolder: string | null;
  /** Arguments of go; `{out}` becomes the folder that receives the outputs. */
  readonly commands: readonly (readonly string[])[];
  /** A folder of a dependency to copy, for what a module carries besides code. */
  readonly copies?: readonly {
    readonly module: string;
    readonly folder: string;
    readonly to: string;
  }[];
  /** What to say before a cold build, on two cores. */
  readonly coldBuild: string;
}

const GO = `${CHECKOUT}/tests/cluster/go`;
const CONFORMANCE = `${CHECKOUT}/tests/conformance`;
const SMALL = "-s -w";

const versionPackage = "k8s.io/component-base/version";
const [major, minor] = VERSIONS.kubernetes.slice(1).split(".");
const stamped = Object.entries({
  gitVersion: VERSIONS.kubernetes,
  gitMajor: major,
  gitMinor: minor,
}).map(([name, value]) => `-X ${versionPackage}.${name}=${value}`).join(" ");

export const KUBE: Artifact = {
  name: "kube",
  moduleFolder: `${GO}/kube`,
  commands: [["build", "-ldflags", `${SMALL} ${stamped}`, "-o", "{out}/kube", "."]],
  coldBuild: "4 to 10 minutes",
};

export const COREDNS: Artifact = {
  name: "coredns",
  moduleFolder: `${GO}/coredns`,
  commands: [["build", "-ldflags", SMALL, "-o", "{out}/coredns", "."]],
  coldBuild: "1 minute",
};

export const PROBE: Artifact = {
  name: "probe",
  moduleFolder: `${GO}/probe`,
  commands: [["build", "-ldflags", SMALL, "-o", "{out}/probe", "."]],
  coldBuild: "20 seconds",
};

const containerdPackage = "github.com/containerd/containerd/v2/cmd";
export const CONTAINERD: Artifact = {
  name: "containerd",
  moduleFolder: null,
  commands: ["containerd", "containerd-shim-runc-v2", "ctr"].map((program) => [
    "install",
    "-ldflags",
    SMALL,
    "-tags",
    "no_btrfs no_devmapper no_zfs no_aufs",
    `${containerdPackage}/${program}@${VERSIONS.containerd}`,
  ]),
  coldBuild: "2 minutes",
};

export const GATEWAY_API: Artifact = {
  name: "gateway-api",
  moduleFolder: CONFORMANCE,
  commands: [[
    "build",
    "-ldflags",
    SMALL,
    "-o",
    "{out}/echo-basic",
    "sigs.k8s.io/gateway-api/conformance/echo-basic",
  ]],
  copies: [{ module: "sigs.k8s.io/gateway-api", folder: "config/crd", to: "crd" }],
  coldBuild: "1 minute",
};

export const CONFORMANCE_SUITE: Artifact = {
  name: "conformance",
  moduleFolder: CONFORMANCE,
  commands: [["test", "-c", "-ldflags", SMALL, "-o", "{out}/conformance.test", "."]],
  coldBuild: "2 minutes",
};

/** What `cluster:up` needs. */
export const CLUSTER_ARTIFACTS = [KUBE, CONTAINERD, COREDNS, PROBE, GATEWAY_API] as const;
