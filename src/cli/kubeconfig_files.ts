// The files that a kubeconfig is made of: itself, and those that its current context names, so that a
// controller is given these to read and no others. Reads no token or key.

import { parse } from "yaml";

/** Fields of a cluster or user that name a file. */
const FILE_FIELDS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];

type Entry = Readonly<Record<string, unknown>>;

function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function named(list: unknown, name: unknown, field: string): Entry {
  const all: unknown[] = Array.isArray(list) ? list : [];
  const found = all.find((one) => isEntry(one) && one.name === name);
  const value = isEntry(found) ? found[field] : undefined;
  return isEntry(value) ? value : {};
}

/** Paths relative to the kubeconfig are made absolute. What is wrong with it the proxy says. */
export function kubeconfigFiles(path: string, text: string): string[] {
  let config: unknown;
  try {
    config = parse(text);
  } catch {
    return [path];
  }
  if (!isEntry(config)) return [path];
  const context = named(config.contexts, config["current-context"], "context");
  const entries = [
    named(config.clusters, context.cluster, "cluster"),
    named(config.users, context.user, "user"),
  ];
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const files = entries.flatMap((entry) => FILE_FIELDS.map((field) => entry[field]))
    .filter((file) => typeof file === "string")
    .map((file) => file.startsWith("/") ? file : folder + file);
  return [path, ...files];
}
