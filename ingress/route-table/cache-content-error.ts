/** A fault in a value of the shared cache or of a table file. */
export interface ContentProblem {
  /** The part of the cache that has the fault: `head`, `log`, `reader`, or the key of an entry. */
  readonly key: string
  /** The path of the fault inside the value, such as `action.backends[0].port`. Empty if the whole value is wrong. */
  readonly field: string
  readonly expected: string
}

/** The error for content that this version of the program cannot read. No part of the content was used. */
export class CacheContentError extends Error {
  readonly code: 'cache-content' | 'cache-protocol'
  readonly problem: ContentProblem

  constructor(problem: ContentProblem, code: CacheContentError['code'] = 'cache-content') {
    const { key, field, expected } = problem
    super(`${key}${field === '' ? '' : `: ${field}`}: expected ${expected}; ${ADVICE[code]}`)
    this.name = 'CacheContentError'
    this.code = code
    this.problem = problem
  }
}

const ADVICE = {
  'cache-content':
    'let only the operator write the keys of this prefix; it writes the table anew when it sees the damage',
  'cache-protocol': 'run operator and ingress of the same version, or give each its own prefix',
} as const
