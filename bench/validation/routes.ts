// The HTTPRoutes that the validation bench reads, as YAML.

/** Two matches, one filter, two backends: what most routes look like. */
export function smallRoute(index: number): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: route-${index}
  namespace: ns-${index % 50}
  labels:
    app: shop
spec:
  parentRefs:
  - name: gateway
    sectionName: http
  hostnames:
  - host-${index}.example.com
  rules:
  - matches:
    - path:
        type: PathPrefix
        value: /api/v${index}
    - path:
        type: Exact
        value: /login
      headers:
      - name: version
        value: two
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        add:
        - name: my-header
          value: foo
    backendRefs:
    - name: svc-${index}
      port: 8080
      weight: 9
    - name: svc-${index}-canary
      port: 8080
`;
}

/** Sixteen rules with eight matches each: as many matches as a route may have. */
export function largeRoute(): string {
  const match = (rule: number, index: number) =>
    `    - path:
        type: Exact
        value: /rule/${rule}/match/${index}
      headers:
      - name: version
        value: v${index}
`;
  const rule = (number: number) =>
    `  - matches:
${Array.from({ length: 8 }, (_, index) => match(number, index)).join("")}    backendRefs:
    - name: svc-${number}
      port: 8080
`;
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: large
spec:
  parentRefs:
  - name: gateway
  rules:
${Array.from({ length: 16 }, (_, number) => rule(number)).join("")}`;
}
