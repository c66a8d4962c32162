import { MAX_FILE_PROBLEMS } from './limits.ts'
import type { ManifestProblem } from './manifest-problem.ts'

/** The problems of one file: the first ones in full, and the number of the others. */
export interface FileProblems {
  /**
   * `problem` is called only for the first problems. Later problems are only counted, because it takes time to find the line of
   * each.
   */
  add(problem: () => ManifestProblem): void
  /** The first problems. If there are more, one further problem gives the number of the others. */
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
