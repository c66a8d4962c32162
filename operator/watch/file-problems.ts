import { MAX_FILE_PROBLEMS } from './limits.ts'
import type { ManifestProblem } from './manifest-problem.ts'

/** The problems of one file: the first ones in full, and the number of the others. */
export interface FileProblems {
  /** `problem` is called only for the first problems; later ones are counted, because finding the line of one takes time. */
  add(problem: () => ManifestProblem): void
  /** The first problems, followed by one that gives the number of the others. */
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
