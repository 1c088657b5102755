// Label selectors of apimachinery: matchLabels and matchExpressions, all of which must hold.

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

type Labels = Readonly<Record<string, string>>;

/**
 * "If the operator is In or NotIn, the values array must be non-empty. If the operator is Exists or
 * DoesNotExist, the values array must be empty." One that is neither selects nothing: as apimachinery
 * refuses the whole selector, and so that a slip lets nobody in.
 */
function holds({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const has = Object.hasOwn(labels, key);
  const listed = has && values.includes(labels[key]);
  switch (operator) {
    case "In":
      return listed;
    case "NotIn":
      return values.length > 0 && !listed;
    case "Exists":
      return values.length === 0 && has;
    case "DoesNotExist":
      return values.length === 0 && !has;
    default:
      return false;
  }
}

/** An empty selector selects everything, an absent one nothing (apimachinery, LabelSelector). */
export function selectsLabels(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((requirement) => holds(requirement, labels));
}
