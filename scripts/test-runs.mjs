/**
 * The tests that need the parts of Kubernetes, by the beginnings of their paths. While the parts are built for the first time,
 * all other tests run; test/unit/scripts/test-runs.test.ts checks that they need no such part.
 */
export const TESTS_WITH_PARTS = /** @type {const} */ ([
  'test/cluster/',
  'test/docs/',
  'test/helm/',
  'test/kubectl-yaml/real-kubectl.test.ts',
  'test/monitoring/',
  'test/unit/test/support/definition-removal.test.ts',
  'test/unit/test/support/kubernetes-api.test.ts',
])

/** Arguments with which jest runs these tests only. */
export const WITH_PARTS = TESTS_WITH_PARTS.map(pattern)

/** Arguments with which jest runs all other tests. */
export const WITHOUT_PARTS = ['--testPathIgnorePatterns', '/node_modules/', ...TESTS_WITH_PARTS.map(pattern)]

/**
 * Whether a run of jest names unit tests and nothing else. They need no program but a few, which are skipped by name where
 * one is missing: nobody who runs one file waits for an installation.
 *
 * @param {readonly string[]} args the arguments of jest
 */
export function areUnitTests(args) {
  const named = args.filter((argument) => !argument.startsWith('-'))
  return named.length > 0 && named.every((path) => path.startsWith('test/unit/'))
}

/**
 * Makes a regular expression, which jest wants.
 *
 * @param {string} path
 */
function pattern(path) {
  return `/${path.replaceAll('.', String.raw`\.`)}`
}
