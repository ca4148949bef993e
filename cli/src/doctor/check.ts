/** How bad a finding is: a problem loses sessions, or keeps the store from working. */
export type Severity = 'problem' | 'warning';

/** What a check has found. */
export interface Finding {
  readonly severity: Severity;
  /** What is wrong, and what that leads to. */
  readonly says: string;
  /** What to do about it. */
  readonly todo: string;
}

/** One thing to look at. */
export interface Check<Subject> {
  readonly name: string;
  /** What it looks at, for the documentation. */
  readonly what: string;
  /**
   * @returns null if all is well
   * @throws if it can't be looked at, for instance since a right is missing
   */
  look(subject: Subject): Promise<Finding | null> | Finding | null;
}

export function problem(says: string, todo: string): Finding {
  return { severity: 'problem', says, todo };
}

export function warning(says: string, todo: string): Finding {
  return { severity: 'warning', says, todo };
}
