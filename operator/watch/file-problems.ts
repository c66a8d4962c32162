import { MAX_FILE_PROBLEMS } from './limits.ts'
import type { ManifestProblem } from './manifest-problem.ts'

/** The problems of one file: the first ones as they are, the others as a number. */
export interface FileProblems {
  /** Told while there is room, and then only counted: to find its line takes time. */
  add(tell: () => ManifestProblem): void
  /** The first problems, and one that says how many more there are. */
  told(): ManifestProblem[]
}

export function createFileProblems(file: string): FileProblems {
  const told: ManifestProblem[] = []
  let size = 0
  return {
    add(tell) {
      if (told.length < MAX_FILE_PROBLEMS) told.push(tell())
      size++
    },
    told() {
      const more = size - told.length
      if (more === 0) return [...told]
      const line = told.at(-1)?.line ?? 1
      return [...told, { code: 'more_problems', file, line, message: `and ${more} more problems in this file` }]
    },
  }
}
