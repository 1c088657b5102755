// Whole objects against the bundled schemas: what an API server would refuse them for, word for word.

import { assertEquals } from "../../assert.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";

const bundled = await loadValidator();

function messagesOf(object: unknown): string[] {
  const result = bundled.validate(object);
  return result.ok ? [] : result.errors.map((error) => `${error.message} => ${error.hint}`);
}

const HEAD = { apiVersion: "v1", kind: "ConfigMap" };

const OBJECTS: readonly (readonly [name: string, object: unknown, errors: string[]])[] = [
  ["nothing", null, [
    "the document is not a Kubernetes object => write a mapping with apiVersion, kind, metadata and spec",
  ]],
  ["no kind", { apiVersion: "v1" }, ["Object 'kind' is missing => add kind: HTTPRoute"]],
  ["no apiVersion", { kind: "Gateway" }, [
    "Object 'apiVersion' is missing => add apiVersion: gateway.networking.k8s.io/v1",
  ]],
  ["a version that isn't served", {
    apiVersion: "gateway.networking.k8s.io/v1alpha2",
    kind: "HTTPRoute",
  }, [
    'no matches for kind "HTTPRoute" in version "gateway.networking.k8s.io/v1alpha2" => write apiVersion: gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1',
  ]],
  ["a misspelt kind", { apiVersion: "gateway.networking.k8s.io/v1", kind: "HttpRoutes" }, [
    'no matches for kind "HttpRoutes" in version "gateway.networking.k8s.io/v1" => write kind: HTTPRoute',
  ]],
  ["no metadata", HEAD, [
    "metadata.name: Required value: name or generateName is required => add metadata.name",
  ]],
  ["a bad name", { ...HEAD, metadata: { name: "Upper" } }, [
    "metadata.name: Invalid value: \"Upper\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*') => write a name like my-name or example.com",
  ]],
  ["a namespace on a kind that has none", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "a", namespace: "b" },
  }, [
    "metadata.namespace: Forbidden: not allowed on this type => remove metadata.namespace: objects of this kind belong to the whole cluster",
  ]],
  ["a bad label", { ...HEAD, metadata: { name: "a", labels: { "a b": "c d" } } }, [
    "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') => write the key as name or example.com/name",
    "metadata.labels: Invalid value: \"c d\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?') => write at most 63 letters, digits, '-', '_' and '.', or nothing",
  ]],
  ["a label that is no text", { ...HEAD, metadata: { name: "a", labels: { tier: 1 } } }, [
    'metadata.labels.tier: Invalid value: "integer": metadata.labels.tier in body must be of type string: "integer" => put it in quotes: "1"',
  ]],
  ["a Secret that isn't base64", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "a" },
    data: { key: "%%%", folded: "aGVs\nbG8=\n" },
  }, [
    'data.key: Invalid value: "%%%": data.key in body must be of type byte: "%%%" => write base64, such as aGVsbG8=',
  ]],
  ["a Service without port number", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { ports: [{ name: "http", targetPort: "http" }] },
  }, ["spec.ports[0].port: Required value => add port: a whole number"]],
  ["a Service whose ports can't be told apart", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { ports: [{ port: 80 }, { name: "a", port: 81 }, { name: "a", port: 82 }] },
  }, [
    "spec.ports[0].name: Required value => give each of the ports a name of its own",
    'spec.ports[2].name: Duplicate value: "a" => give each of the ports a name of its own',
  ]],
  ["an ExternalName without the name", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web" },
    spec: { type: "ExternalName" },
  }, [
    "spec.externalName: Required value => add externalName: a host name, such as api.example.com",
  ]],
  ["an EndpointSlice with addresses of another family and of none", {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1" },
    addressType: "IPv4",
    endpoints: [{ addresses: ["10.0.0.400"] }, { addresses: ["10.0.0.1"] }, { addresses: ["::1"] }],
    ports: [{ port: 1 }, { port: 2 }],
  }, [
    'endpoints[0].addresses[0]: Invalid value: "10.0.0.400": must be a valid IPv4 address => write an IPv4 address, such as 192.0.2.7',
    'endpoints[2].addresses[0]: Invalid value: "::1": must be a valid IPv4 address => write an IPv4 address, such as 192.0.2.7',
    'ports[1].name: Duplicate value: "" => give each of the ports a name of its own',
  ]],
  ["an EndpointSlice of no family", {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1" },
    addressType: "ipv4",
    endpoints: [{ addresses: ["10.0.0.1"] }],
  }, [
    'addressType: Unsupported value: "ipv4": supported values: "IPv4", "IPv6", "FQDN" => write IPv4, or another of IPv6, FQDN',
  ]],
];

for (const [name, object, errors] of OBJECTS) {
  Deno.test(`validation of whole objects: ${name}`, () => {
    assertEquals(messagesOf(object), errors);
  });
}

Deno.test("validation: an object full of mistakes is told of a bounded number of them", () => {
  const wrong = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
  const result = bundled.validate({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
    data: wrong,
    ...wrong,
  });
  assertEquals(result.ok ? 0 : result.errors.length, 512);
});

Deno.test("validation: an error tells its path as keys and indexes", () => {
  const result = bundled.validate({
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "a" },
    spec: { gatewayClassName: "x", listeners: [{ name: "a", port: 0, protocol: "HTTP" }] },
  });
  assertEquals(result.ok ? [] : result.errors[0].path, ["spec", "listeners", 0, "port"]);
});
