import { MAX_FILE_PROBLEMS } from './limits.ts'
import type { ManifestProblem } from './manifest-problem.ts'

/** The problems of one file. The first ones are stored in full; the others are only counted. */
export interface FileProblems {
  /** Adds a problem. `problem` is called only for the first problems, because it takes time to find the line of a problem. */
  add(problem: () => ManifestProblem): void
  /** The first problems. If there are more, one further problem says how many. */
  reported(): ManifestProblem[]
}

export function createFileProblems(file: string): FileProblems {
  const first: ManifestProblem[] = []
  let size = 0
  return {
    add(problem) {
      if (first.length < MAX_FILE_PROBLEMS) first.push(problem())
      size++
    },
    reported() {
      const more = size - first.length
      if (more === 0) return [...first]
      const line = first.at(-1)?.line ?? 1
      return [...first, { code: 'more_problems', file, line, message: `and ${more} more problems in this file` }]
    },
  }
}
