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
  'test/unit/test/support/kubernetes-api.test.ts',
])

/** Arguments with which jest runs these tests only. */
export const WITH_PARTS = TESTS_WITH_PARTS.map(pattern)

/** Arguments with which jest runs all other tests. */
export const WITHOUT_PARTS = ['--testPathIgnorePatterns', '/node_modules/', ...TESTS_WITH_PARTS.map(pattern)]

/**
 * Makes a regular expression, which jest wants.
 *
 * @param {string} path
 */
function pattern(path) {
  return `/${path.replaceAll('.', String.raw`\.`)}`
}
