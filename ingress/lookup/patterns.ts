import { RE2JS } from 're2js'

/** The error for a table with a pattern that RE2 does not accept. No part of the table was applied. */
export class PatternError extends Error {
  readonly code = 'ROUTE_TABLE_PATTERN'

  constructor(pattern: string, cause: unknown) {
    super(`no RE2 pattern: ${pattern}; run the same version of operator and ingress, or correct the rule`, { cause })
  }
}

/** Compiled regular expressions. Each pattern is stored once, while at least one entry uses it. */
export interface Patterns {
  /** Counts one use of each pattern. If one pattern does not compile, this throws `PatternError` and counts no use. */
  acquire(patterns: readonly string[]): void
  release(patterns: readonly string[]): void
  /** The compiled form of a pattern that was acquired. */
  expression(pattern: string): RE2JS
}

export function createPatterns(): Patterns {
  const expressions = new Map<string, { readonly expression: RE2JS; uses: number }>()
  const find = (pattern: string) => expressions.get(pattern) ?? { expression: compile(pattern), uses: 0 }
  return {
    acquire(patterns) {
      for (const [i, used] of patterns.map(find).entries()) {
        const pattern = patterns[i] ?? ''
        // The list may contain the same pattern twice. The second time, the pattern is already stored.
        const counted = expressions.get(pattern) ?? used
        counted.uses++
        expressions.set(pattern, counted)
      }
    },
    release(patterns) {
      for (const pattern of patterns) {
        const used = expressions.get(pattern)
        if (used !== undefined && --used.uses === 0) expressions.delete(pattern)
      }
    },
    expression: (pattern) => find(pattern).expression,
  }
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new PatternError(pattern, error)
  }
}
